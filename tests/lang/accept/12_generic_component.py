# A component may leave open who uses it: class Lock(Component, Generic[T]). Two of them, for two kinds of users.
# Each lock is free or held by one of its users (2 and 1): 3 * 2 states; steps 4 per 2 states of the other + 2 per 3.
# states: 6 transitions: 14 depth: 2
# holds: held
from typing import Generic, TypeVar

from virtspec import Component, Model, Scalarset, Singleton, action, invariant, require

T = TypeVar("T")


class Reader(Scalarset, size=2):
    """Who reads."""


class Writer(Singleton):
    """Who writes."""


class Lock(Component, Generic[T]):
    owner: T | None

    def acquire(self, t: T) -> None:
        require(self.owner is None)
        self.owner = t

    def release(self, t: T) -> None:
        require(self.owner == t)
        self.owner = None

    def held(self, t: T) -> bool:
        return self.owner == t


class Users(Model):
    readers: Lock[Reader]
    writers: Lock[Writer]

    @action
    def read(self, r: Reader) -> None:
        self.readers.acquire(r)

    @action
    def read_done(self, r: Reader) -> None:
        self.readers.release(r)

    @action
    def write(self, w: Writer) -> None:
        self.writers.acquire(w)

    @action
    def write_done(self, w: Writer) -> None:
        self.writers.release(w)


@invariant(Users)
def held(m: Users) -> bool:
    return any(m.readers.held(r) for r in Reader) or m.readers.owner is None
