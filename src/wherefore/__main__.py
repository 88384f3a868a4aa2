"""`python -m wherefore` is the command `wherefore`."""

import sys

from wherefore.cli import main

if __name__ == "__main__":
    sys.exit(main())
