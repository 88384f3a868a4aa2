"""The web page: `make ui` or `wherefore ui`."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # Gradio reads it on import: nothing phones home
