"""The MCS lock keeps nobody waiting for ever, if processes are scheduled fairly.

That they are is said where it is checked: `-p fair.acquire=weak -p fair.acquire.begin=weak`.
"""

from __future__ import annotations

from tests.corpus.classics.mcs import Mcs, Proc

from virtspec import Formula, at, leads_to, temporal


class McsLive(Mcs):
    """The same lock."""


@temporal(McsLive, id="ENTERS")
def enters(m: McsLive, i: Proc) -> Formula:
    """Each process that asks enters at last."""
    return leads_to(at(m.acquire, "swap", i), at(m.acquire, "critical", i))
