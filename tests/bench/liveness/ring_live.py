"""The doorbell ring never goes to sleep for good, if producers and the consumer are scheduled fairly.

That they are is said where it is checked: `-p fair.produce=weak -p fair.produce.begin=weak`, the same for `consume`.
"""

from __future__ import annotations

from tests.corpus.classics.ring import Ring

from virtspec import Formula, always, at, eventually, leads_to, temporal


class RingLive(Ring):
    """The same ring."""


@temporal(RingLive, id="TAKES")
def takes(m: RingLive) -> Formula:
    """The consumer takes values for ever."""
    return always(eventually(at(m.consume, "take")))


@temporal(RingLive, id="EMPTIES")
def empties(m: RingLive) -> Formula | bool:
    """A ring that holds something is empty at last. It is not so: the producer may fill it up again in time."""
    return all(leads_to(m.head[p] != m.tail[p], m.head[p] == m.tail[p]) for p in range(m.P))
