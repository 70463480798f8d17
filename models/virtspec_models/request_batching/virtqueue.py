"""A virtqueue: the indices that driver and device share, the doorbell, and who decides whether to ring it.

What driver and device share is memory. With `memory` TSO or PSO, what either stores waits in the store buffer of its CPU
until it is drained: at any time, and at the latest by a full barrier, a locked operation or the doorbell. A queue needs
little of primitives/store_buffer.py: vq_lock lets only one CPU have stores of it under way, and these are a slot and an
index; the device has one. So a buffer is a set of names here, and memory keeps the kernel's.
"""

from __future__ import annotations

from typing import Annotated

from virtspec import Component, Const, Mod, action, cost, require
from virtspec_models.primitives.spinlock import SpinLock
from virtspec_models.request_batching.vocabulary import Bug, Memory, Stored, Sub


def vring_need_event(event_idx: int, new_idx: int, old: int, wrap: int) -> bool:
    """Whether the window of entries [old, new_idx) contains the one the device asked to be told of."""
    return (event_idx - old) % wrap < (new_idx - old) % wrap


class Virtqueue(Component):
    """A ring with its indices modulo `wrap`, the doorbell (a latch), and what the device published for the driver."""

    wrap: Const[int] = 8
    event_idx: Const[bool] = True
    publish_at_kick: Const[bool] = False
    spurious: Const[bool] = False
    memory: Const[Memory] = Memory.SC
    bug: Const[Bug] = Bug.NONE

    vq_lock: SpinLock[Sub]
    avail_idx: Annotated[int, Mod(wrap)]  # entries before it are published
    num_added: Annotated[int, Mod(wrap)]  # added since the last virtqueue_kick_prepare()
    window_end: Annotated[int, Mod(wrap)]  # ghost: where the last window of a kick_prepare ended
    last_avail_idx: Annotated[int, Mod(wrap)]  # the device's: next entry to pop
    last_used_idx: Annotated[int, Mod(wrap)]  # the driver's: next completion to reap
    avail_event: Annotated[int, Mod(wrap)]  # the device wants a doorbell for this entry
    no_notify: bool  # without event index: the device wants none at all
    kicked: bool = spurious
    store_buffer: dict[Sub, set[Stored]]  # what the driver stored and only that CPU sees
    event_stored: Annotated[int, Mod(wrap)] | None  # avail_event in the device's store buffer
    no_notify_stored: bool | None
    stale: bool  # ghost: the device popped an entry that it did not find in its slot

    # --- the driver

    def is_unlocked(self) -> bool:
        """Whether others see the lock free. Unlocking is a store, too: nobody sees it before those made earlier."""
        return self.vq_lock.owner is None and all(len(self.store_buffer[j]) == 0 for j in Sub)

    def lock(self, i: Sub) -> None:
        """spin_lock(&vq_lock)."""
        require(self.is_unlocked())
        self.vq_lock.lock(i)

    def shadow(self) -> int:
        """avail_idx_shadow: the driver's private index, ahead of what is published: by what is in a store buffer, and
        by all that was added if it is published at the kick.
        """
        if self.publish_at_kick:
            return (self.avail_idx + self.num_added) % self.wrap
        return (self.avail_idx + (1 if self.hides(Stored.IDX) else 0)) % self.wrap

    def hides(self, what: Stored) -> bool:
        """Whether such a store of the driver waits in a store buffer: in one at most, thanks to vq_lock."""
        return any(what in self.store_buffer[j] for j in Sub)

    def in_use(self) -> int:
        """Ring entries not reaped yet."""
        return (self.shadow() - self.last_used_idx) % self.wrap

    def unseen(self) -> int:
        """Published entries the device has not popped."""
        return (self.avail_idx - self.last_avail_idx) % self.wrap

    def popped(self) -> int:
        """Entries the device has popped and nobody has reaped."""
        return (self.last_avail_idx - self.last_used_idx) % self.wrap

    def add(self, i: Sub) -> None:
        """virtqueue_add(): fill a slot, publish the index."""
        assert self.vq_lock.owner == i, "virtqueue_add() without vq_lock"
        if not self.publish_at_kick:
            self.mb(i)  # there is room for one index only: an older one is visible by now
            self.store_buffer[i] = {Stored.SLOT, Stored.IDX} if self.memory is Memory.PSO else {Stored.IDX}
            if self.memory is Memory.SC:
                self.mb(i)
        self.num_added += 1

    def wants_kick(self, new: int, old: int) -> bool:
        """What the device published: does it want a doorbell for the window [old, new)?"""
        if not self.event_idx:
            return not self.no_notify
        event = self.avail_event + 1 if self.bug is Bug.EVENT_OFF_BY_ONE else self.avail_event
        return vring_need_event(event, new, old, self.wrap)

    def kick_prepare(self, i: Sub) -> bool:
        """virtqueue_kick_prepare(): close the window of entries added since the last call."""
        assert self.vq_lock.owner == i, "virtqueue_kick_prepare() without vq_lock"
        if self.bug is not Bug.NO_MB_AT_KICK:
            self.mb(i)
        new = self.shadow()
        old = (new - self.num_added) % self.wrap
        if self.publish_at_kick:
            self.avail_idx = new  # and its barrier, in one step
        if self.bug is not Bug.KEEP_NUM_ADDED:
            self.num_added = 0
        self.window_end = new
        return self.wants_kick(new, old)

    def notify(self, i: Sub) -> None:
        """virtqueue_notify(): the doorbell, an exit to the hypervisor; the eventfd behind it latches."""
        self.mb(i)
        cost("doorbell")
        self.kicked = True

    def mb(self, i: Sub) -> None:
        """virtio_mb(): what CPU i stored is visible."""
        if Stored.IDX in self.store_buffer[i]:
            self.avail_idx += 1
        self.store_buffer[i] = set()

    @action(fair="weak")
    def drain(self, i: Sub, what: Stored) -> None:
        """One store of CPU i becomes visible. A write barrier keeps the index behind its slot."""
        require(self.memory is not Memory.SC)
        require(what in self.store_buffer[i])
        if what is Stored.IDX:
            require(self.bug is Bug.NO_WMB or Stored.SLOT not in self.store_buffer[i])
            self.avail_idx += 1
        self.store_buffer[i].remove(what)

    # --- the device

    def is_written(self) -> bool:
        """Whether the device finds the next entry in its slot: it was added, and that is visible."""
        return (self.shadow() - self.last_avail_idx) % self.wrap > (1 if self.hides(Stored.SLOT) else 0)

    def pop(self, found: bool) -> None:
        """virtqueue_pop(). Whether the entry was found in its slot is only remembered."""
        self.stale = self.stale or not found
        self.last_avail_idx += 1

    def set_notification(self, on: bool) -> None:
        """virtio_queue_set_notification() of QEMU: with the event index, off means not to advance it."""
        if not self.event_idx:
            self.device_mb()  # there is room for one store only: an older one is visible by now
            self.no_notify_stored = not on
        elif on:
            self.event_stored = self.avail_idx
        if self.memory is Memory.SC:
            self.device_mb()

    def device_mb(self) -> None:
        """smp_mb() of the device's thread, or a system call: what it stored is visible."""
        if self.event_stored is not None:
            self.avail_event = self.event_stored
        if self.no_notify_stored is not None:
            self.no_notify = self.no_notify_stored
        self.event_stored = None
        self.no_notify_stored = None

    @action(fair="weak")
    def device_drain(self) -> None:
        """What the device stored becomes visible."""
        require(self.memory is not Memory.SC)
        require(self.event_stored is not None or self.no_notify_stored is not None)
        self.device_mb()
