"""Play one schedule to its end, or to the kernel's, and write the log as JSON Lines."""

from __future__ import annotations

import sys

from virtspec_models.mdev.reference.crowd import REFERENCE
from virtspec_models.playing.command import main

if __name__ == "__main__":
    sys.exit(main(REFERENCE))
