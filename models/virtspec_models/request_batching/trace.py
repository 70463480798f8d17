"""What a log of virtio-scsi says between the lines: which queue, how large its ring is, and where its indices begin."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Protocol

SCMD_LAST = 4
FIRST_REQUEST_QUEUE = 2  # behind those for control and for events
INDEX = 1 << 16


class Event(Protocol):
    """An event of the log."""

    name: str
    thread: str
    cpu: int
    fields: dict[str, int | str]


class Queue:
    """What is known of one virtqueue."""

    def __init__(self) -> None:
        self.size: int | None = None
        self.each = 0
        self.nfree: int | None = None
        """At the last event that told it, if nothing was completed since."""
        self.event_idx = True
        self.completed = 0
        self.base: int | None = None
        """The index of the first request that is completed."""


class Log:
    """Follows a log event by event. It is taken to begin with nothing in the rings, and with the device asleep."""

    def __init__(self) -> None:
        self.queues: dict[int, Queue] = {}
        self.of_thread: dict[str, int] = {}
        """The queue that a thread has to do with."""
        self.of_cpu: dict[int, int] = {}
        """The queue whose interrupt a CPU has handled last."""
        self.of_request: dict[int | str, int] = {}
        """The queue that a request went into last."""
        self.adding: dict[str, int | str] = {}
        """The request that a thread adds."""

    def header(self, header: object) -> None:
        """The events say it all."""

    def take(self, event: Event) -> bool:
        """Queues for control and for events are not the model's, nor are those of other devices."""
        fields = event.fields
        number = self.queue(event)
        if number is None:
            return False
        if number not in self.queues:
            self.queues[number] = Queue()
        queue = self.queues[number]
        fields["queue"] = number
        match event.name:
            case "qc_in":
                flags = fields.get("flags")
                fields["last"] = 1 if isinstance(flags, int) and flags & SCMD_LAST else 0
            case "add_in" | "kickprep_in":
                self.measure(queue, fields.get("nfree"))
                queue.event_idx = fields.get("event", queue.event_idx) == 1
                if event.name == "add_in":
                    self.adding[event.thread] = fields.get("sc", 0)
                    self.of_request[fields.get("sc", 0)] = number
            case "add_out":
                fields["sc"] = self.adding.get(event.thread, 0)
            case "complete":
                queue.completed += 1
                queue.nfree = None
            case "irq":
                last_used = fields.get("lastused")
                if isinstance(last_used, int):
                    if queue.base is None:
                        queue.base = last_used - queue.completed
                    fields["reaped"] = (last_used - queue.base) % INDEX
        return True

    def queue(self, event: Event) -> int | None:
        """The number of the virtqueue that an event is about; None if that is none of ours."""
        fields = event.fields
        match fields:
            case {"idx": int(number)}:
                pass
            case {"hwq": int(hwq)}:
                number = FIRST_REQUEST_QUEUE + hwq
            case {"sc": sc}:
                return self.of_request.get(sc, self.of_cpu.get(event.cpu))
            case _:
                return self.of_thread.get(event.thread)
        if number < FIRST_REQUEST_QUEUE:
            self.of_thread.pop(event.thread, None)
            return None
        if event.name == "irq":
            self.of_cpu[event.cpu] = number
        else:
            self.of_thread[event.thread] = number
        return number

    def measure(self, queue: Queue, nfree: int | str | None) -> None:
        """A request takes as many descriptors as there are fewer, if nothing was completed in between."""
        if not isinstance(nfree, int):
            return
        if queue.nfree is not None and queue.nfree > nfree:
            queue.each = queue.nfree - nfree
        queue.nfree = nfree
        queue.size = nfree if queue.size is None else queue.size

    def instance(self, event: Event) -> Hashable | None:
        found: Hashable | None = event.fields.get("queue")
        return found

    def params(self, instance: Hashable, sizes: Mapping[str, int]) -> Mapping[str, object]:
        queue = self.queues[int(str(instance))]
        slots = (queue.size or 1) // max(queue.each, 1)
        return {"slots": slots, "tags_total": slots + 2 * sizes.get("Sub", 1), "event_idx": queue.event_idx}

    def constants(self, instance: Hashable) -> Mapping[str, int]:
        queue = self.queues[int(str(instance))]
        return {"size": queue.size or 1, "each": max(queue.each, 1)}
