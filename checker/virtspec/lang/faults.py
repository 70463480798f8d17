"""Freedom from particular faults: properties about the messages of `fault` and `assert`.

    @faultless(Mdev, id="MDEV-S2", source="derived")
    def no_use_after_free(m: Mdev) -> Faults:
        return faults("an mdev is used after it was freed", "an mdev is freed twice")

What no property names is left to the property `fault`, which is always checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from virtspec.lang.props import PropertyNote, note


class Faults:
    """What such a property returns. virtspec reads the text of the property; nothing is ever computed with one."""


F = TypeVar("F", bound=Callable[..., Faults])


def faultless(model: type[Any], *, id: str | None = None, source: str = "") -> Callable[[F], F]:
    """`f(m)` names faults that no step runs into. `id` is stable and shown in reports; `source` says who claims it."""
    return note(PropertyNote("faultless", model, id, source))  # type: ignore[no-any-return]


def faults(message: str, *more: str) -> Faults:
    """The faults with these messages, as `fault` and `assert` have them."""
    raise RuntimeError("faults() has no value: virtspec reads the text of the property")
