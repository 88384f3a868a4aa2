"""`python -m wherefore.cli`."""

import sys

from wherefore.cli import main

sys.exit(main())
