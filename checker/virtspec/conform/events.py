"""What a log says, whatever its format: events, and what the log says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = int | str
"""Of a field. What is written as an integer, decimal or hexadecimal, is an int; anything else is its text."""


@dataclass(slots=True)
class Event:
    """One line of a log. Not frozen: a log has millions of them, and a frozen one takes twice as long to make."""

    line: int
    """From 1, in the file as it is when unpacked."""
    name: str
    thread: str
    """Who: `comm-pid` in the kernel's formats, and `<idle>-0/CPU`, as pid 0 is on every CPU; "" if it is not said."""
    cpu: int
    """-1 if it is not said."""
    time: float | int | None
    fields: dict[str, Value]


@dataclass(slots=True)
class Lost:
    """The tracer says that events were lost here: how many and of which CPU, None for what it does not say."""

    line: int
    count: int | None
    cpu: int | None


@dataclass(slots=True)
class Header:
    """What the log says about itself, such as the configuration it was recorded with."""

    line: int
    values: dict[str, Value]


Record: TypeAlias = Event | Lost | Header
