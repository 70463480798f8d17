"""Play one schedule to its end and write the log as JSON Lines."""

from __future__ import annotations

import sys

from virtspec_models.playing.command import main
from virtspec_models.request_batching.reference.versions import REFERENCE

if __name__ == "__main__":
    sys.exit(main(REFERENCE))
