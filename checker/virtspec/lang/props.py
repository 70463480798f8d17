"""Properties: what must hold in every state, in every step, or in some state.

    @invariant(Mdev, id="MDEV-S1", source="cover letter v5")
    def no_orphan(m: Mdev) -> bool:
        return not m.unregistered or all(m.dev[d] is Dev.FREE for d in Slot)

Parameters after the model quantify the property over all their values (for `reachable`: over some value).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

F = TypeVar("F", bound=Callable[..., bool])
PROPERTY = "__virtspec_property__"


@dataclass(frozen=True)
class PropertyNote:
    """What a decorator notes on a property function for the front end."""

    kind: Literal["invariant", "transition", "reachable", "temporal", "budget", "faultless"]
    model: type[Any]
    id: str | None
    source: str


def note(what: PropertyNote) -> Any:
    """A decorator that notes this on a function."""

    def noted(f: Any) -> Any:
        setattr(f, PROPERTY, what)
        return f

    return noted


def invariant(model: type[Any], *, id: str | None = None, source: str = "") -> Callable[[F], F]:
    """`f(m, ...)` is true in every reachable state. `id` is stable and shown in reports; `source` says who claims it."""
    return note(PropertyNote("invariant", model, id, source))  # type: ignore[no-any-return]


def transition(model: type[Any], *, id: str | None = None, source: str = "") -> Callable[[F], F]:
    """`f(before, after, ...)` is true of every step taken in a reachable state."""
    return note(PropertyNote("transition", model, id, source))  # type: ignore[no-any-return]


def reachable(model: type[Any], *, id: str | None = None, source: str = "") -> Callable[[F], F]:
    """`f(m, ...)` is true in some reachable state; the verdict carries a witness."""
    return note(PropertyNote("reachable", model, id, source))  # type: ignore[no-any-return]


def enabled(step: Callable[..., Any], *args: Any) -> bool:
    """Whether a step of an action or process can be taken: with these first parameters, and some values of the others."""
    raise RuntimeError("enabled() has a value only while virtspec judges the property")


def local(process: Callable[..., Any], name: str, runner: Any) -> Any:
    """What a local of `runner`'s call of `m.process` is worth; its default where no later step will read it.

    Properties that explain why others hold need it: what a call remembers decides what it does.
    """
    look = getattr(getattr(process, "__self__", None), "_virtspec_local", None)
    if look is None:
        raise RuntimeError("local() has a value only while virtspec evaluates the property")
    return look(process.__name__, name, runner)


def at(process: Callable[..., Any], label: str | None = None, runner: Any = None) -> bool:
    """Whether `runner` (anybody, if left out) stands before a step of `m.process` (any step, if `label` is left out).

    `label` may be the last part of a step's path: "notify" also means "commit_rqs.notify".
    """
    model = getattr(process, "__self__", None)
    locate = getattr(model, "_virtspec_at", None)
    if locate is None:
        raise RuntimeError("at() has a value only while virtspec evaluates the property")
    return bool(locate(process.__name__, label, runner))
