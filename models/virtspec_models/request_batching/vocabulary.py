"""The words of the specification: who submits, which version of each rule is in force, which mistake is made."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import Scalarset


class Sub(Scalarset, size=1):
    """A submitter: a CPU that flushes its plug or runs a hardware queue."""


class Commit(Enum):
    """When the end of a list calls commit_rqs()."""

    NEVER = auto()  # before d666ba98f849 (v5.0) there is no such hook
    NOT_EMPTY = auto()  # v5.0 to v5.8, the series' own: only if something is left on the list
    ANY_ERROR = auto()  # since 632bfb6323b8, as in 6.1: or if any request failed
    LAST_FAILED = auto()  # since v6.3, as in 6.12: or if the last one tried did


class Last(Enum):
    """Which request of a list is handed over with bd->last set."""

    EVERY = auto()  # before be94f058f2bd: each one, so that nothing is batched
    LIST_EMPTY = auto()  # before 113285b47382, and since 6.12
    OR_NO_TAG = auto()  # as in 6.1: also the one behind which no driver tag is left


class Ring(Enum):
    SPLIT = auto()  # virtqueue_add() on a full ring notifies the device, whatever it wants
    PACKED = auto()  # it does not


class Outcome(Enum):
    """What becomes of a request before it reaches the ring. All but NORMAL use up one of `faults`."""

    NORMAL = auto()
    IOERR = auto()  # queue_rq() returns an error: the request is ended
    BUSY = auto()  # queue_rq() returns BLK_STS_RESOURCE: back to the head of the list
    NO_BUDGET = auto()  # the device's budget is used up: back to the list, the queue is run again later
    SWALLOW = auto()  # completed without reaching the driver's kick, BLK_STS_OK returned (H1, H2)
    PARK = auto()  # the queue was stopped meanwhile: inserted elsewhere, BLK_STS_OK returned (H3)


class Run(Enum):
    """Who will run a queue that has requests left."""

    NOBODY = auto()
    ON_TAG = auto()  # whoever gives back a driver tag
    ON_COMPLETION = auto()  # the next completion: the host is blocked until then
    OWED = auto()  # a work item or a timer: any time now


class Memory(Enum):
    """When a store is visible to others."""

    SC = auto()  # at once: sequential consistency
    TSO = auto()  # later, in the order of a CPU's stores: total store order, as on x86
    PSO = (
        auto()
    )  # later, in any order that no barrier forbids: partial store order, of which arm64 does this much and more


class Stored(Enum):
    """What a CPU's store buffer can hold of a queue."""

    SLOT = auto()  # the slot filled last; with total store order nothing can tell when that is visible
    IDX = auto()  # avail_idx


class Bug(Enum):
    """A departure from the kernel's text, each the smallest edit that makes one mistake."""

    NONE = auto()
    NO_RECHECK = auto()
    CLEAR_LATE = auto()
    KICK_PREPARE_UNLOCKED = auto()
    DROP_NOTIFY = auto()
    NO_COMMIT_AT_SWITCH = auto()
    KEEP_NUM_ADDED = auto()
    EVENT_OFF_BY_ONE = auto()
    NO_WRAP_GUARD = auto()
    TIMER_BEFORE_ADD = auto()
    BUSY_AFTER_ADD = auto()
    ERROR_AFTER_ADD = auto()
    NO_RERUN = auto()
    KEEP_TAG = auto()
    EH_WITHOUT_LAST = auto()
    FLUSH_AGAIN = auto()
    COMMIT_ALWAYS = auto()
    NO_MB_AT_KICK = auto()
    NO_MB_AT_REARM = auto()
    NO_WMB = auto()
    NO_RMB = auto()
    NO_MB_AT_WAIT = auto()
