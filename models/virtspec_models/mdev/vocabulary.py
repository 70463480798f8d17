"""The words of the specification: who takes part, which version of the text is in force, which mistake is made."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import Scalarset, Singleton


class Creator(Scalarset, size=1):
    """A task that writes to `create` of a parent's type."""


class Remover(Scalarset, size=1):
    """A task that writes to `remove` of an mdev."""


class Parent(Scalarset, size=1):
    """A device that offers mediated devices, and the one task that unregisters it."""


class Registrar(Singleton):
    """The task that registers parents."""


class Slot(Scalarset, size=1):
    """An address at which an mdev may be allocated: the object, not its uuid."""


class Uuid(Scalarset, size=1):
    """What userspace calls an mdev."""


class User(Scalarset, size=1):
    """A process that may hold one mdev open."""


class Version(Enum):
    """Whose text it is: as posted, as merged, as it stands today."""

    PRE = auto()  # 5.2-rc1: before the series
    PATCH1 = auto()  # 522ecce08ab2: create and remove mirror each other, the vendor cannot veto
    PATCH2 = auto()  # 26c9e3988edc: a remove that fails does not create the file again
    SRCU = auto()  # v0, v1, and the proposal of November 2019: a pointer under SRCU, cleared first
    REFCOUNT = auto()  # v2, v3: a count of those inside, and a completion
    V5 = auto()  # v4, v5: a read-write semaphore that create and remove take only if it is free
    V6 = auto()  # 5715c4dd66a3, as merged for 5.2
    LINUX_6_1 = auto()  # 6.1 and 6.12: the driver core's probe creates, the parent lies in the vendor's memory


class Vendor(Enum):
    """What the vendor's driver knows of an mdev."""

    NONE = auto()
    CREATED = auto()
    REMOVED = auto()


class Bug(Enum):
    """A departure from the version's text, each the smallest edit that makes one mistake."""

    BLOCKING_CREATE = auto()  # create waits for the semaphore
    BLOCKING_REMOVE = auto()  # remove waits for it
    GATE_AT_ACQUISITION = auto()  # an attempt to read succeeds while a writer waits
    NO_GATE_IN_CREATE = auto()
    NO_GATE_IN_REMOVE = auto()
    DRAIN_FIRST = auto()  # no semaphore: drain `create`, then remove the children that nobody has claimed
    UP_WRITE_EARLY = auto()  # the semaphore is released before `create` is drained
    DOUBLE_UNLOCK = auto()  # v2, v3: remove, refused, unlocks mdev_list_lock twice
    LOOP_ABORTS = auto()  # before 6093e348a5e2: the first child that cannot be removed ends the loop
    UUID_PER_PARENT = auto()  # before 002fe996f67f
    NO_CLAIM = auto()  # before 49550787a90b: a remover asks nobody whether another one was there first
    REGISTER_PUTS = auto()  # before 60e7f2c3fe99: registering a parent twice puts the first one's reference
    BUDGET_KEPT = auto()  # an mdev that is released does not give its instance back
    BUDGET_OF_ONE = auto()  # review of 9c799c224d6e: decrement and test refuses the last instance
