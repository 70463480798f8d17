"""A bus whose devices come and go while tasks walk its list: device_for_each_child()."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import (
    Const,
    Formula,
    Model,
    Scalarset,
    Steps,
    at,
    invariant,
    leads_to,
    process,
    reachable,
    require,
    temporal,
    transition,
)
from virtspec_models.case import Case
from virtspec_models.primitives.device_list import DeviceList
from virtspec_models.primitives.freeable import Freeable, Mem


class Dev(Scalarset, size=2):
    """A device, and the task that registers it and takes it away."""


class Walker(Scalarset, size=1):
    """Who looks at all devices."""


class Bug(Enum):
    """How to use it wrongly."""

    NONE = auto()
    FREED_AT_ONCE = auto()  # who deletes a device frees it, whoever stands on it
    NO_EXIT = auto()  # a walk is broken off without klist_iter_exit()
    REMOVED_BY_WALKER = auto()  # who stands on a node waits until nobody stands on it
    ADDED_TWICE = auto()
    DELETED_TWICE = auto()


class Bus(Model):
    """Devices with memory. The list has one reference to each; there are no others."""

    waits: Const[bool] = False  # klist_remove() instead of klist_del()
    again: Const[bool] = False  # devices come again
    bug: Const[Bug] = Bug.NONE

    memory: dict[Dev, Freeable]
    devices: DeviceList[Dev, Walker] = DeviceList(most=len(Dev))
    late: set[Dev]  # ghost: was added while somebody walked

    @process(fair="weak")
    def device(self, d: Dev) -> Steps:
        """From device_add() to device_del()."""
        require(self.memory[d].mem is Mem.NONE or (self.again and self.memory[d].mem is Mem.FREED))
        require(not self.devices.is_linked(d))
        self.memory[d].alloc()
        self.devices.add(d)
        if self.bug is Bug.ADDED_TWICE:
            self.devices.add(d)
        if len(self.devices.walkers) > 0:
            self.late.add(d)
        if self.bug is Bug.REMOVED_BY_WALKER:
            return
        yield "device_del"
        self.late.discard(d)
        if self.waits:
            went = yield from self.devices.remove(d)
        else:
            went = self.devices.delete(d)
        if self.bug is Bug.DELETED_TWICE:
            self.devices.delete(d)
        if went or self.bug is Bug.FREED_AT_ONCE:
            self.memory[d].free()

    @process(fair="weak")
    def walk(self, w: Walker) -> Steps:
        """device_for_each_child()."""
        self.devices.init(w)
        child = self.devices.next(w)
        while child is not None:
            yield "fn"
            self.memory[child].use()
            if self.bug is Bug.NO_EXIT:
                return
            if self.bug is Bug.REMOVED_BY_WALKER:
                yield from self.devices.remove(child)
            last = child
            child = self.devices.next(w)
            if not self.devices.is_linked(last):
                self.memory[last].free()
        if len(self.devices.walkers) == 0:
            self.late.clear()


def stands_on(m: Bus, w: Walker, d: Dev) -> bool:
    return m.devices.current[w] == d


@transition(Bus, id="NO-DEAD-ONES")
def no_dead_ones(before: Bus, after: Bus, w: Walker, d: Dev) -> bool:
    """Nobody comes to a node that was deleted."""
    return stands_on(before, w, d) or not stands_on(after, w, d) or d in before.devices.nodes


@invariant(Bus, id="THERE")
def there(m: Bus, d: Dev) -> bool:
    """What is on the list, or was when somebody came to it, has its memory."""
    return m.memory[d].is_ok() == m.devices.is_linked(d)


@reachable(Bus, id="HELD")
def held(m: Bus) -> bool:
    """Somebody stands on a node that was deleted."""
    return any(stands_on(m, w, d) and d not in m.devices.nodes for w in Walker for d in Dev)


@reachable(Bus, id="LATE")
def late(m: Bus) -> bool:
    """Somebody stands on a node that was added after the walk had begun."""
    return any(stands_on(m, w, d) and d in m.late for w in Walker for d in Dev)


@temporal(Bus, id="WALK-ENDS")
def walk_ends(m: Bus, w: Walker) -> Formula:
    """A walk comes to its end."""
    return leads_to(at(m.walk, None, w), not at(m.walk, None, w))


@temporal(Bus, id="DEL-ENDS")
def del_ends(m: Bus, d: Dev) -> Formula:
    """Taking a device away comes to its end."""
    return leads_to(at(m.device, "device_del", d), not at(m.device, None, d))


CASES = (
    Case("right", "two devices come and go once, somebody walks"),
    Case("walkers", "two walkers", {"Walker": 2}),
    Case("waits", "klist_remove() waits for the walker", {"waits": True}),
    Case("again", "devices come again and again: always behind the walker", {"again": True}, {"WALK-ENDS": "violated"}),
    Case(
        "freed-at-once",
        "who deletes a device frees it, too",
        {"bug": Bug.FREED_AT_ONCE},
        {"THERE": "violated 3", "fault": "violated 4"},
    ),
    Case(
        "no-exit",
        "a walk is broken off without klist_iter_exit()",
        {"bug": Bug.NO_EXIT},
        {"LATE": "unreached", "fault": "violated 4"},
    ),
    Case(
        "by-walker",
        "klist_remove() of the node one stands on",
        {"bug": Bug.REMOVED_BY_WALKER},
        {"LATE": "unreached", "WALK-ENDS": "violated", "deadlock": "violated 4"},
    ),
    Case(
        "added-twice",
        "a device is added twice",
        {"bug": Bug.ADDED_TWICE},
        {"HELD": "unreached", "LATE": "unreached", "fault": "violated 1"},
    ),
    Case(
        "deleted-twice",
        "a device is deleted twice",
        {"bug": Bug.DELETED_TWICE},
        {"HELD": "unreached", "fault": "violated 2"},
    ),
)
