"""The arithmetic of the event index: which entries a window of 16-bit indices contains.

Entries are counted here without end, as nobody does in the ring: an entry has a position, its index is the position modulo
`wrap`. Against that stands the kernel's formula, which sees indices only. A window of fewer than `wrap` entries is told
right; that is why virtqueue_add_split() kicks before there are more (W19).
"""

from __future__ import annotations

from typing import Annotated

from virtspec import Const, Model, Range, action, invariant, require
from virtspec_models.request_batching.virtqueue import vring_need_event


class Window(Model):
    """Two windows of entries, one behind the other, and the entry of which the device wants to be told."""

    wrap: Const[int] = 8
    longest: Const[int] = wrap - 1  # how many entries are added at most before a kick_prepare

    old: Annotated[int, Range(0, wrap - 1)]  # positions: the first window is [old, mid), the second [mid, new)
    mid: Annotated[int, Range(0, 2 * wrap)]
    new: Annotated[int, Range(0, 2 * wrap)]
    event: Annotated[int, Range(0, 2 * wrap)]  # the first entry not before `old` that has the index asked for

    @action
    def kick_prepare(
        self,
        old: Annotated[int, Range(0, wrap - 1)],
        mid: Annotated[int, Range(0, 2 * wrap)],
        new: Annotated[int, Range(0, 2 * wrap)],
        event: Annotated[int, Range(0, 2 * wrap)],
    ) -> None:
        """Any two windows, and any event."""
        require(old <= mid and mid <= new and new <= old + self.longest)
        require(old <= event and event < old + self.wrap)
        self.old = old
        self.mid = mid
        self.new = new
        self.event = event

    def needs(self, new: int, old: int) -> bool:
        """What the kernel finds out from the indices of these positions."""
        return vring_need_event(self.event % self.wrap, new % self.wrap, old % self.wrap, self.wrap)


@invariant(Window, id="RB-W1", source="derived (T1)")
def formula_tells_membership(m: Window) -> bool:
    """The kernel's formula holds of exactly the windows that contain the event."""
    return m.needs(m.new, m.old) == (m.old <= m.event and m.event < m.new)


@invariant(Window, id="RB-W2", source="derived (T2)")
def windows_add_up(m: Window) -> bool:
    """Of two windows one behind the other at most one contains the event, and one does if both as one window do."""
    first = m.needs(m.mid, m.old)
    second = m.needs(m.new, m.mid)
    return not (first and second) and (first or second) == m.needs(m.new, m.old)


@invariant(Window, id="RB-W3", source="derived (T3)")
def empty_window_needs_nothing(m: Window) -> bool:
    """A kick_prepare behind which nothing was added asks for no doorbell."""
    return not m.needs(m.old, m.old) and not m.needs(m.new, m.new)
