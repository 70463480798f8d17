"""Models, components and their two kinds of behaviour: processes and actions."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar, overload

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")

Steps: TypeAlias = Generator[str, None, None]
"""What a process returns: `yield "label"` ends an atomic step and names the next one."""

Call: TypeAlias = Generator[str, None, R]
"""What a sub-process with a result returns; used as `x = yield from self.helper(...)`."""

Fairness: TypeAlias = Literal["none", "weak", "strong"]
RULE = "__virtspec_rule__"


@dataclass(frozen=True)
class Rule:
    """What a decorator notes on a method for the front end."""

    kind: Literal["process", "action"]
    fair: Fairness = "none"
    begins: Fairness = "none"


class Model:
    """Base of a specification: annotated fields are the state, decorated methods the behaviour."""


class Component:
    """Base of a reusable part: fields and methods of its own, inlined wherever a model declares one.

    `sem: RwSem` gives one; `vq: dict[Vq, Virtqueue]` one per key. Its `Const` fields are set where it is declared:
    `vq: dict[Vq, Virtqueue] = each(Virtqueue(size=4))`.
    """

    def __init__(self, **constants: Any) -> None:
        self.constants = constants


@overload
def process(method: F) -> F: ...
@overload
def process(*, fair: Fairness = "none", begins: Fairness = "none") -> Callable[[F], F]: ...
def process(method: Any = None, *, fair: Fairness = "none", begins: Fairness = "none") -> Any:
    """A code path of several atomic steps: a generator whose first parameter says who runs it.

    `fair` says how fairly each member is treated that runs it, `begins` each that may begin: a worker must, a user need not.
    """
    return _mark(Rule("process", fair, begins), method)


@overload
def action(method: F) -> F: ...
@overload
def action(*, fair: Fairness = "none") -> Callable[[F], F]: ...
def action(method: Any = None, *, fair: Fairness = "none") -> Any:
    """One atomic guarded step of the environment: a device, an interrupt, a user, a failure."""
    return _mark(Rule("action", fair), method)


def _mark(rule: Rule, method: Any) -> Any:
    def mark(f: Any) -> Any:
        setattr(f, RULE, rule)
        return f

    return mark if method is None else mark(method)


def acquires(method: F) -> F:
    """A component's method after which its caller holds a lock; `lint` counts what follows as protected."""
    method.__virtspec_lock__ = "acquires"  # type: ignore[attr-defined]
    return method


def releases(method: F) -> F:
    """A component's method after which its caller no longer holds the lock."""
    method.__virtspec_lock__ = "releases"  # type: ignore[attr-defined]
    return method
