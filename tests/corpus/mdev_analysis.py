"""What an independent throw-away model of mdev found: the lengths of the shortest traces.

One creator, one remover, one unregister, one user, one mdev; each of them runs once. Where it differs from the model
here, and why, is in the README of mdev; `tests/docs/test_mdev_page.py` holds the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping

COLUMNS = ("S1", "S2D", "S2P", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "L1", "L2")
ANALYSIS: Mapping[str, str] = {
    # by configuration, in the order of COLUMNS; a dot stands for no violation
    "pre": "14 18 . . 19 . 17 5 6 . . .",
    "patch1": "14 19 . . 22 . 17 . . . . .",
    "patch2": "14 . . . 22 . . . . . . 14",
    "v3": ". 20 . . . . . . . . . 14",
    "v5": ". 20 . . . . . . . 11 . 14",
    "v6": ". 20 . . . . . . . . . 14",
    "v6-stale": ". 20 24 26 27 27 . . . . . 14",
    "v6.1": ". 17 22 . . . . . . . . 13",
    "v6.1-outlives": ". 17 . . . . . . . . . 13",
    "v6.1-stale": ". 17 22 24 24 24 . . . . . 13",
    "blocking-create": ". 20 . . . . . . . . 8 14",
    "blocking-remove": ". 20 . . . . . . . . 17 14",
    "no-gate-create": "14 15 . . 22 . . . . . . 14",
    "no-gate-remove": "21 20 . 20 22 22 . . . . . 14",
    "drain-first": "19 . . . 22 . . . . . . 14",
    "F1": ". . 24 . . . . . . . . 14",
    "F2": ". . . . . . . . . . . 14",
    "F3": ". . . . . . . . . . . .",
    "F3-6.1": ". . 22 . . . . . . . . .",
    "F4": ". . . . . . . . . . . .",
}
