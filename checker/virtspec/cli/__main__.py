"""`python -m virtspec.cli`: the command line where no script was installed."""

import sys

from virtspec.cli import main

sys.exit(main())
