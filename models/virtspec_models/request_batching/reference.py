"""A virtqueue that runs: driver, device and doorbell with 16-bit indices, a ring of slots and requests that have names.

Small, and independent of the specification it is checked against. Every code path is a generator that yields where
another thread may run in between, so that any schedule can be played; each stretch logs one line. Three subclasses make
a mistake that Linux made, or might make.

    python -m virtspec_models.request_batching.reference [SEED]    plays one random schedule and prints the log
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field

Thread = Generator[str, None, None]
INDEX = 1 << 16


@dataclass(frozen=True)
class Request:
    """Request `number` of a submitter, counted from 0 in the order in which it was put on the list."""

    submitter: int
    number: int


@dataclass
class Shared:
    """The memory that driver and device share, and the doorbell's latch."""

    slots: list[Request | None]
    avail_idx: int = 0
    avail_event: int = 0
    used: list[Request] = field(default_factory=list)
    kicked: bool = False


class Device:
    """The device's thread: wakes up by the doorbell, pops everything, re-arms, looks again, sleeps."""

    def __init__(self, ring: Shared) -> None:
        self.ring = ring
        self.last_avail_idx = 0
        self.popped: list[Request] = []

    def handle_vq(self) -> Thread:
        self.ring.kicked = False
        while True:
            yield "pop"
            while self.last_avail_idx != self.ring.avail_idx:
                self.pop()
                yield "pop"
            yield "enable"
            self.ring.avail_event = self.ring.avail_idx
            yield "recheck"
            if self.last_avail_idx == self.ring.avail_idx:
                return

    def pop(self) -> None:
        request = self.ring.slots[self.last_avail_idx % len(self.ring.slots)]
        assert request is not None, "the device popped a slot nobody wrote"
        self.popped.append(request)
        self.last_avail_idx = (self.last_avail_idx + 1) % INDEX

    def complete(self) -> Request:
        """Finish the oldest request popped."""
        self.ring.used.append(self.popped.pop(0))
        return self.ring.used[-1]


class Driver:
    """The driver's side of one virtqueue, and blk-mq's dispatch lists above it."""

    def __init__(self, *, submitters: int = 2, batch: int = 2, lists: int = 1, slots: int = 4, tags: int = 4) -> None:
        self.ring = Shared([None] * slots)
        self.device = Device(self.ring)
        self.batch = batch
        self.num_added = 0
        self.last_used_idx = 0
        self.lock: int | None = None
        self.tags = tags
        self.done: list[Request] = []
        self.lists = [lists] * submitters
        self.rq_list: list[list[Request]] = [[] for _ in range(submitters)]
        self.next_tag = [False] * submitters
        self.waits_for: list[str | None] = [None] * submitters
        self.issued = [0] * submitters
        self.fate: Callable[[Request], str] = lambda request: "NORMAL"
        """Decides what becomes of a request before the driver sees it: NORMAL, IOERR or BUSY."""

    # --- blk-mq

    def dispatch(self, i: int) -> Thread:
        """Hand a list over, one request at a time; commit if the doorbell may be owed."""
        if not self.rq_list[i]:
            self.lists[i] -= 1
            self.rq_list[i] = [Request(i, self.issued[i] + n) for n in range(self.batch)]
            self.issued[i] += self.batch
        self.waits_for[i] = None
        queued = errors = False
        while self.rq_list[i]:
            yield "prep"
            if not self.take_tag(i):
                self.waits_for[i] = "tag"
                break
            request = self.rq_list[i].pop(0)
            last = not self.rq_list[i] or not self.probe_next_tag(i)
            fate = self.fate(request)
            if fate == "BUSY":
                self.put_back(i, request, None)
                break
            if fate == "IOERR":
                self.put_tag()
                self.done.append(request)
                errors = True
                continue
            yield "queue_rq"
            if not (yield from self.add_cmd(i, request, last)):
                self.put_back(i, request, "completion")
                break
            queued = True
        yield "end"
        if self.next_tag[i]:
            self.next_tag[i] = False
            self.put_tag()
        self.look_again(i)
        if queued and self.must_commit(bool(self.rq_list[i]), errors):
            yield "kick_prepare"
            yield from self.kick(i)

    def must_commit(self, left: bool, errors: bool) -> bool:
        return left or errors

    def runnable(self, i: int) -> bool:
        """Whether submitter i has something to dispatch and waits for nothing."""
        return self.waits_for[i] is None if self.rq_list[i] else self.lists[i] > 0

    def take_tag(self, i: int) -> bool:
        if not self.next_tag[i]:
            if self.tags == 0:
                return False
            self.tags -= 1
        self.next_tag[i] = False
        return True

    def probe_next_tag(self, i: int) -> bool:
        self.next_tag[i] = self.tags > 0
        self.tags -= self.next_tag[i]
        return self.next_tag[i]

    def put_tag(self) -> None:
        self.tags += 1
        self.waits_for = [None if reason == "tag" else reason for reason in self.waits_for]

    def put_back(self, i: int, request: Request, reason: str | None) -> None:
        self.rq_list[i].insert(0, request)
        self.put_tag()
        self.waits_for[i] = reason

    def look_again(self, i: int) -> None:
        """Stop waiting for what has come meanwhile."""
        come = {"tag": self.tags > 0, "completion": self.in_use() < len(self.ring.slots)}
        if come.get(self.waits_for[i] or ""):
            self.waits_for[i] = None

    # --- virtio

    def in_use(self) -> int:
        return (self.ring.avail_idx - self.last_used_idx) % INDEX

    def add_cmd(self, i: int, request: Request, kick: bool) -> Generator[str, None, bool]:
        """Put a request into the ring; False if there is no room."""
        self.lock = i
        if self.in_use() == len(self.ring.slots):
            self.ring.kicked = True  # a full split ring rings, whatever the device wants
            self.lock = None
            return False
        self.ring.slots[self.ring.avail_idx % len(self.ring.slots)] = request
        self.ring.avail_idx = (self.ring.avail_idx + 1) % INDEX
        self.num_added += 1
        if kick:
            yield from self.kick_after_add(i)
        else:
            self.lock = None
        return True

    def kick_after_add(self, i: int) -> Thread:
        yield "kick_prepare"
        yield from self.kick(i)

    def kick(self, i: int) -> Thread:
        """Under the lock: does the device want to hear of the entries added? Outside it: ring."""
        self.lock = i
        new = self.ring.avail_idx
        old = (new - self.num_added) % INDEX
        self.num_added = 0
        wanted = self.need_event(new, old)
        self.lock = None
        if wanted:
            yield "notify"
            self.ring.kicked = True

    def need_event(self, new: int, old: int) -> bool:
        return (self.ring.avail_event - old) % INDEX < (new - old) % INDEX

    def reap(self) -> None:
        """The interrupt: one completion; its slot and its tag are free, and so is the host."""
        self.done.append(self.device.complete())
        self.last_used_idx = (self.last_used_idx + 1) % INDEX
        self.put_tag()
        self.waits_for = [None] * len(self.waits_for)


class CommitsOnlyIfSomethingIsLeft(Driver):
    """As the series was merged (8930a6c20791): a list whose last request fails is not committed."""

    def must_commit(self, left: bool, errors: bool) -> bool:
        return left


class KicksOutsideTheLock(Driver):
    """As virtio-blk before f02b9ac35a47: the window is read under no lock and reset a moment later."""

    def kick_after_add(self, i: int) -> Thread:
        self.lock = None
        yield "kick_prepare"
        new, added = self.ring.avail_idx, self.num_added
        yield "kick_prepare"
        self.num_added = 0
        if self.need_event(new, (new - added) % INDEX):
            yield "notify"
            self.ring.kicked = True


class _HastyDevice(Device):
    def handle_vq(self) -> Thread:
        for label in super().handle_vq():
            if label == "recheck":
                return
            yield label


class SleepsWithoutALook(Driver):
    """The device re-arms its event and sleeps at once; what was added just before stays unseen."""

    def __init__(self, **sizes: int) -> None:
        super().__init__(**sizes)
        self.device = _HastyDevice(self.ring)


# --- playing schedules ------------------------------------------------------------------------------------------


class Threads:
    """Runs a driver's and its device's code paths one stretch at a time."""

    def __init__(self, driver: Driver, log: Callable[[dict[str, object]], None] | None = None) -> None:
        self.driver = driver
        self.log = log
        self.running: dict[str, tuple[Thread, str]] = {}
        """By thread ("submitter 0", "device"): the generator and the label it stands at."""

    def at(self, thread: str) -> str | None:
        """The label a thread stands at; None where it is idle."""
        return self.running[thread][1] if thread in self.running else None

    def step(self, thread: str) -> None:
        """Let a thread run to its next yield; an idle one begins its code path."""
        generator, label = self.running.pop(thread, (None, "start"))
        if generator is None:
            generator = (
                self.driver.device.handle_vq() if thread == "device" else self.driver.dispatch(int(thread.split()[1]))
            )
        following = next(generator, None)
        if following is not None:
            self.running[thread] = (generator, following)
        self.note(thread, label)

    def reap(self) -> None:
        self.driver.reap()
        self.note("interrupt", "reap")

    def note(self, thread: str, label: str) -> None:
        if self.log is not None:
            d = self.driver
            values = {"avail_idx": d.ring.avail_idx, "num_added": d.num_added, "avail_event": d.ring.avail_event}
            self.log({"thread": thread, "label": label, **values, "kicked": d.ring.kicked, "done": len(d.done)})

    def runnable(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Everything that can happen next."""
        d = self.driver
        for i in range(len(d.lists)):
            thread = f"submitter {i}"
            label = self.at(thread)
            blocked = label in ("queue_rq", "kick_prepare") and d.lock not in (None, i)
            if d.runnable(i) if label is None else not blocked:
                yield thread, lambda thread=thread: self.step(thread)  # type: ignore[misc]
        if "device" in self.running or d.ring.kicked:
            yield "device", lambda: self.step("device")
        if d.device.popped and d.lock is None:
            yield "interrupt", self.reap


def main(seed: str = "0") -> None:
    """Play one random schedule to its end and print the log as JSON Lines."""
    threads = Threads(Driver(lists=2), lambda line: print(json.dumps(line)))
    chooser = random.Random(seed)
    while choices := list(threads.runnable()):
        chooser.choice(choices)[1]()


if __name__ == "__main__":
    main(*sys.argv[1:2])
