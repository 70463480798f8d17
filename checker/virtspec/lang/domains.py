"""The finite domains a field, a parameter or a local may have.

    bool   Enum   Annotated[int, Range(a, b)]   Annotated[int, Mod(n)]   Scalarset   Singleton
    T | None   dict[K, V]   set[T]   Annotated[Seq[T], Cap(n)]   frozen dataclasses of these   components

`Const[T]` marks a constant of the configuration: it has no place in the state and its value is known when the
specification is compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

from virtspec.errors import Endless
from virtspec.lang.rules import FaultSignal

T = TypeVar("T")
S = TypeVar("S", bound="Scalarset")

CONST_MARK = "virtspec.Const"

Const = Annotated[T, CONST_MARK]
"""`design: Const[Design] = Design.V5`: a constant of the configuration, set with `-p design=V4`."""


@dataclass(frozen=True)
class Range:
    """`Annotated[int, Range(lo, hi)]`: the integers lo..hi. Storing any other is a fault."""

    lo: int
    hi: int


@dataclass(frozen=True)
class Mod:
    """`Annotated[int, Mod(n)]`: the integers modulo n. Storing reduces."""

    n: int


@dataclass(frozen=True)
class Cap:
    """`Annotated[Seq[T], Cap(n)]`: at most n items. Appending to a full sequence is a fault."""

    n: int


class _ScalarsetMeta(type):
    """Iterating a Scalarset, or taking its length, gives the members of the configuration in force."""

    size: int
    _members: Sequence[Any]

    def __iter__(cls: type[S]) -> Iterator[S]:  # type: ignore[misc]  # a metaclass: its self is a class
        return iter(cls._members)

    def __len__(cls) -> int:
        return len(cls._members)


class Scalarset(metaclass=_ScalarsetMeta):
    """A set of interchangeable members: threads, devices, requests.

    `class Task(Scalarset, size=3): ...` gives the size a configuration has unless it says otherwise (`-p Task=2`). The
    size "any" is that of proofs for any number of members (`-p Task=any`).
    Members can be compared for equality, used as keys, and nothing else.
    """

    size = 2
    _members: Sequence[Any] = ()

    def __init__(self, index: int) -> None:
        self.index = index

    def __init_subclass__(cls, size: int | Literal["any"] | None = None) -> None:
        if size is not None:
            cls.size = ENDLESS if size == "any" else size
        cls._members = _members_of(cls, cls.size)

    def __repr__(self) -> str:
        return type(self).__name__ if len(type(self)) == 1 else f"{type(self).__name__}{self.index}"

    def __hash__(self) -> int:
        return hash((type(self), self.index))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.index == self.index


ENDLESS = 1 << 40
"""The size of a Scalarset of any size: it has this length, which stands for that, and cannot be gone through."""


class _Endless(Sequence[Any]):
    """The members of a Scalarset of any size."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Any]:
        raise Endless(self.name)

    def __getitem__(self, index: Any) -> Any:
        raise Endless(self.name)


def _members_of(cls: type[Scalarset], size: int) -> Sequence[Any]:
    """So many members of a class."""
    return _Endless(cls.__name__, size) if size >= ENDLESS else tuple(cls(i) for i in range(size))


class Singleton(Scalarset, size=1):
    """A domain with one member: the one thread that does something."""


@contextmanager
def sized(sizes: Mapping[type[Scalarset], int]) -> Iterator[None]:
    """Give Scalarsets the sizes of a configuration for the duration of the block."""
    saved = {cls: cls._members for cls in sizes}
    try:
        for cls, size in sizes.items():
            cls._members = _members_of(cls, size)
        yield
    finally:
        for cls, members in saved.items():
            cls._members = members


class Seq(list[T], Generic[T]):
    """A bounded sequence: a list whose `popleft` and `appendleft` are cheap to read.

    Items are taken from an empty sequence, or put into a full one, only by mistake: that is a fault.
    """

    cap: int | None = None

    def append(self, item: T) -> None:
        self._room()
        super().append(item)

    def appendleft(self, item: T) -> None:
        self._room()
        super().insert(0, item)

    def popleft(self) -> T:
        """Remove and return the first item."""
        return self._take(0)

    def pop(self) -> T:  # type: ignore[override]  # a list pops anywhere; a Seq at its end
        """Remove and return the last item."""
        return self._take(-1)

    def remove(self, item: T) -> None:
        """Remove the first occurrence of `item`."""
        if item not in self:
            raise FaultSignal(f"{item!r} is not in the sequence")
        super().remove(item)

    def _take(self, where: int) -> T:
        if not self:
            raise FaultSignal("the sequence is empty")
        return super().pop(where)

    def _room(self) -> None:
        if self.cap is not None and len(self) >= self.cap:
            raise FaultSignal(f"the sequence is full ({self.cap})")


@dataclass(frozen=True)
class Each:
    """What `each(value)` leaves in the class body for the front end to read."""

    value: Any


def each(value: Any) -> Any:
    """The initial value of a dict field whose entries all start alike: `free: dict[Slot, bool] = each(True)`."""
    return Each(value)
