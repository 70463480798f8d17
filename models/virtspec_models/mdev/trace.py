"""What a log of mdev says between the lines: which registration of the parent an event belongs to."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Protocol


class Event(Protocol):
    """An event of the log."""

    name: str
    thread: str
    fields: dict[str, int | str]


NO_MEMORY, NO_INSTANCE = -12, -87


class Log:
    """Follows a log event by event. One parent is registered at a time; it may be when the log begins."""

    def __init__(self) -> None:
        self.registrations = 0
        self.out_of_something: set[int] = set()
        """The registrations in which a create found no memory, or no instance left."""

    def header(self, header: object) -> None:
        """The events say it all."""

    def take(self, event: Event) -> bool:
        if event.name == "reg_in":
            self.registrations += 1
        if event.name == "create_out" and event.fields.get("ret") in (NO_MEMORY, NO_INSTANCE):
            self.out_of_something.add(self.registrations)
        return True

    def instance(self, event: Event) -> Hashable | None:
        return self.registrations

    def params(self, instance: Hashable, sizes: Mapping[str, int]) -> Mapping[str, object]:
        slots = max(sizes.get("Slot", 1), sizes.get("Uuid", 1))
        return {"Slot": slots, "no_memory": instance in self.out_of_something}

    def constants(self, instance: Hashable) -> Mapping[str, int]:
        return {}
