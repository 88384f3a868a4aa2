"""Ends with 0 where the server of this container says that it is ready. For the container's health check."""

import os
import sys
import urllib.request

address = os.environ.get("WHEREFORE_READY_URL", "http://127.0.0.1:8000/readyz")
try:
    with urllib.request.urlopen(address, timeout=4) as answer:
        sys.exit(answer.status != 200)
except OSError as error:
    sys.exit(f"not ready: {error}")
