"""`python -m calm_harness` is `calm`."""

import sys

from calm_harness.cli import main

sys.exit(main())
