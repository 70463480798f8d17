"""The statements of the language that Python does not have: require, choose, fault, cost, atomic.

Under CPython they talk to the `Stepper` in force, which says what was picked and notes what was spent. Outside of one
(an author tries a method by hand) `choose` refuses and the others do what they say.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar, overload

T = TypeVar("T")


class Disabled(Exception):
    """A `require` was false: the step is not enabled, nothing of it happened."""


class FaultSignal(Exception):
    """The step ran into an error state: a `fault`, a failed `assert`, a value outside its domain."""


class Stepper(Protocol):
    """Who runs a step under CPython."""

    def pick(self, domain: Any) -> Any:
        """The member of `domain` this run picks."""

    def spend(self, name: str) -> None:
        """One unit of `name` was spent."""


_steppers: list[Stepper] = []


@contextmanager
def stepping(stepper: Stepper) -> Iterator[None]:
    """Let `choose` and `cost` talk to `stepper` for the duration of the block."""
    _steppers.append(stepper)
    try:
        yield
    finally:
        _steppers.pop()


def require(condition: bool) -> None:
    """Where `condition` is false the whole step is disabled for this choice of parameters; nothing of it happens."""
    if not condition:
        raise Disabled


@overload
def choose(domain: type[T]) -> T: ...
@overload
def choose(domain: Any) -> Any: ...
def choose(domain: Any) -> Any:
    """Any value of a finite domain; every pick is explored and recorded. Narrow it with a `require` that follows."""
    if not _steppers:
        raise RuntimeError("choose() has a value only while virtspec runs the step")
    return _steppers[-1].pick(domain)


def fault(message: str) -> None:
    """End the run in an error state, which is always a violation. `message` is a literal."""
    raise FaultSignal(message)


def cost(name: str) -> None:
    """Mark this transition with one unit of `name`."""
    if _steppers:
        _steppers[-1].spend(name)


def atomic(reason: str) -> None:
    """Tell `virtspec lint` why this step may touch shared state more than once. No effect on the meaning."""
