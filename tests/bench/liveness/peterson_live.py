"""Peterson's filter lock keeps nobody waiting for ever, if processes are scheduled fairly.

That they are is said where it is checked: `-p fair.lock=weak -p fair.lock.begin=weak`.
"""

from __future__ import annotations

from tests.corpus.classics.peterson import Peterson

from virtspec import Formula, at, leads_to, temporal


class PetersonLive(Peterson):
    """The same lock."""


@temporal(PetersonLive, id="ENTERS")
def enters(m: PetersonLive) -> Formula | bool:
    """Each process that asks enters at last."""
    return all(
        leads_to(at(m.lock, None, i) and not at(m.lock, "critical", i), at(m.lock, "critical", i)) for i in range(m.N)
    )
