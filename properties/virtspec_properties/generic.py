"""What is asked of every mechanism alike: sane references, locks that exclude, what is done exactly once.

Predicates over the primitives, for the properties of a mechanism to call, and the messages of the faults that its
components raise when they are misused.
"""

from __future__ import annotations

from typing import Any

from virtspec_models.primitives.kref import Kref
from virtspec_models.primitives.rwsem import RwSem

NOT_A_READER = "read-unlocked where nobody reads"
NOT_THE_WRITER = "write-unlocked by a task that does not hold it"
NOT_THE_OWNER = "a mutex is unlocked by a task that does not own it"
OWN_MUTEX = "a mutex is locked by its own owner"
WRITTEN_TWICE = "write-locked twice by one task"
NO_REFERENCE = "a reference is taken of what has none"


def excludes(sem: RwSem[Any]) -> bool:
    """A writer is alone."""
    return sem.writer is None or sem.readers == 0


def balanced(ref: Kref, holders: int) -> bool:
    """There are as many references as there are who hold one."""
    return ref.refcount == holders


def at_most_once(done: int, may_be: bool) -> bool:
    """What was done `done` times was done once, if it may be done at all, or not."""
    return done <= (1 if may_be else 0)
