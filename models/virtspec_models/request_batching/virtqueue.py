"""A virtqueue: the indices that driver and device share, the doorbell, and who decides whether to ring it."""

from __future__ import annotations

from typing import Annotated

from virtspec import Component, Const, Mod, acquires, cost, releases, require
from virtspec_models.request_batching.vocabulary import Bug, Sub


def vring_need_event(event_idx: int, new_idx: int, old: int, wrap: int) -> bool:
    """Whether the window of entries [old, new_idx) contains the one the device asked to be told of."""
    return (event_idx - old) % wrap < (new_idx - old) % wrap


class SpinLock(Component):
    owner: Sub | None

    @acquires
    def lock(self, i: Sub) -> None:
        require(self.owner is None)
        self.owner = i

    @releases
    def unlock(self, i: Sub) -> None:
        assert self.owner == i, "unlock by somebody who does not hold the lock"
        self.owner = None


class Virtqueue(Component):
    """A ring with its indices modulo `wrap`, the doorbell (a latch), and what the device published for the driver."""

    wrap: Const[int] = 8
    event_idx: Const[bool] = True
    publish_at_kick: Const[bool] = False
    spurious: Const[bool] = False
    bug: Const[Bug] = Bug.NONE

    vq_lock: SpinLock
    avail_idx: Annotated[int, Mod(wrap)]  # entries before it are published
    num_added: Annotated[int, Mod(wrap)]  # added since the last virtqueue_kick_prepare()
    window_end: Annotated[int, Mod(wrap)]  # ghost: where the last window of a kick_prepare ended
    last_avail_idx: Annotated[int, Mod(wrap)]  # the device's: next entry to pop
    last_used_idx: Annotated[int, Mod(wrap)]  # the driver's: next completion to reap
    avail_event: Annotated[int, Mod(wrap)]  # the device wants a doorbell for this entry
    no_notify: bool  # without event index: the device wants none at all
    kicked: bool = spurious

    def shadow(self) -> int:
        """avail_idx_shadow: the driver's private index, ahead of what is published only if that happens at the kick."""
        return (self.avail_idx + self.num_added) % self.wrap if self.publish_at_kick else self.avail_idx

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
            self.avail_idx += 1
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
        new = self.shadow()
        old = (new - self.num_added) % self.wrap
        self.avail_idx = new
        if self.bug is not Bug.KEEP_NUM_ADDED:
            self.num_added = 0
        self.window_end = new
        return self.wants_kick(new, old)

    def notify(self) -> None:
        """virtqueue_notify(): the doorbell, an exit to the hypervisor; the eventfd behind it latches."""
        cost("doorbell")
        self.kicked = True

    def set_notification(self, on: bool) -> None:
        """virtio_queue_set_notification() of QEMU: with the event index, off means not to advance it."""
        if not self.event_idx:
            self.no_notify = not on
        elif on:
            self.avail_event = self.avail_idx
