"""Play one random schedule to its end, or to the kernel's, and print the log as JSON Lines."""

from __future__ import annotations

import json
import sys

from virtspec_models.mdev.reference.core import BeforeTheSeries
from virtspec_models.mdev.reference.kernel import KernelBug
from virtspec_models.mdev.reference.threads import Crowd, Threads
from virtspec_models.mdev.reference.versions import AsMerged, AsPosted, Repaired

VERSIONS = {"pre": BeforeTheSeries, "v5": AsPosted, "v6": AsMerged, "F3": Repaired}


def main(seed: str = "0", version: str = "v6") -> None:
    threads = Threads(VERSIONS[version](), lambda line: print(json.dumps(line)))
    try:
        Crowd(threads).play(seed)
    except KernelBug as bug:
        sys.exit(f"kernel bug: {bug}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
