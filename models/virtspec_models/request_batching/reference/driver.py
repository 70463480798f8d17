"""Driver, device and doorbell with 16-bit indices, a ring of slots and requests that have names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from virtspec_models.playing.paths import KernelBug, Path, Picks, Stop, members, named
from virtspec_models.playing.play import Tasks

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

    def handle_vq(self) -> Path[None]:
        self.ring.kicked = False
        while True:
            yield Stop("pop")
            while self.last_avail_idx != self.ring.avail_idx:
                self.pop()
                yield Stop("pop")
            yield Stop("enable")
            self.ring.avail_event = self.ring.avail_idx
            if not (yield from self.recheck()):
                return

    def recheck(self) -> Path[bool]:
        """Whether something was added before the event was armed."""
        yield Stop("recheck")
        return self.last_avail_idx != self.ring.avail_idx

    def pop(self) -> None:
        request = self.ring.slots[self.last_avail_idx % len(self.ring.slots)]
        if request is None:
            raise KernelBug("the device popped a slot nobody wrote")
        self.popped.append(request)
        self.last_avail_idx = (self.last_avail_idx + 1) % INDEX

    def complete(self) -> Request:
        """Finish the oldest request popped."""
        self.ring.used.append(self.popped.pop(0))
        return self.ring.used[-1]


class Driver:
    """The driver's side of one virtqueue, and blk-mq's dispatch lists above it."""

    def __init__(
        self,
        *,
        submitters: int = 2,
        batch: int = 2,
        lists: int = 1,
        slots: int = 4,
        tags: int = 4,
        faults: int = 0,
        kinds: Sequence[str] = ("IOERR", "BUSY"),
    ) -> None:
        self.ring = Shared([None] * slots)
        self.device = self.make_device()
        self.batch = batch
        self.num_added = 0
        self.last_used_idx = 0
        self.lock: int | None = None
        self.tags = tags
        self.faults = faults  # how many requests may still go wrong, in any of these ways
        self.kinds = kinds
        self.done: list[Request] = []
        self.lists = [lists] * submitters
        self.rq_list: list[list[Request]] = [[] for _ in range(submitters)]
        self.next_tag = [False] * submitters
        self.waits_for: list[str | None] = [None] * submitters
        self.issued = [0] * submitters

    def make_device(self) -> Device:
        return Device(self.ring)

    # --- who takes part

    def tasks(self) -> Tasks:
        """The submitters, and queue 0: its device and its interrupt."""
        names = members("Sub", len(self.lists))
        submitters = {name: self.submitter(i) for i, name in enumerate(names)}
        return {**submitters, "device 0": self.handler(), "interrupt 0": self.interrupt()}

    def submitter(self, i: int) -> Path[None]:
        while True:
            yield Stop("dispatch", lambda: self.runnable(i), begins=True)
            yield from named("dispatch", self.dispatch(i))

    def handler(self) -> Path[None]:
        while True:
            yield Stop("handle_vq", lambda: self.ring.kicked, begins=True)
            yield from named("handle_vq", self.device.handle_vq())

    def interrupt(self) -> Path[None]:
        while True:
            yield Stop("virtscsi_req_done", lambda: bool(self.device.popped) and self.lock is None, begins=True)
            self.reap()

    # --- blk-mq

    def dispatch(self, i: int) -> Path[None]:
        """Hand a list over, one request at a time; commit if the doorbell may be owed."""
        if not self.rq_list[i]:
            self.lists[i] -= 1
            self.rq_list[i] = [Request(i, self.issued[i] + n) for n in range(self.batch)]
            self.issued[i] += self.batch
        self.waits_for[i] = None
        queued = errors = False
        while self.rq_list[i]:
            line = yield Stop("prep", ways=lambda: self.fates(i))
            if not self.take_tag(i):
                self.waits_for[i] = "tag"
                break
            request = self.rq_list[i].pop(0)
            last = not self.rq_list[i] or not self.probe_next_tag(i)
            self.faults -= line["outcome"] != "NORMAL"
            if line["outcome"] == "BUSY":
                self.put_back(i, request, None)
                break
            if line["outcome"] == "IOERR":
                self.put_tag()
                self.done.append(request)
                errors = True
                continue
            line = yield Stop("queue_rq", lambda: self.unlocked_for(i))
            accepted = line["accepted"] = self.add(i, request)
            if not accepted:
                self.put_back(i, request, "completion")
                break
            yield from named("virtscsi_add_cmd", self.behind_the_add(i, last))
            queued = True
        yield Stop("end")
        if self.next_tag[i]:
            self.next_tag[i] = False
            self.put_tag()
        self.look_again(i)
        if queued and self.must_commit(bool(self.rq_list[i]), errors):
            yield from named("commit_rqs[2]", self.kick(i))

    def fates(self, i: int) -> list[Picks]:
        """What may become of the next request before the driver sees it; nothing if it has no tag."""
        if not self.next_tag[i] and self.tags == 0:
            return [{}]
        return [{"outcome": fate} for fate in ("NORMAL", *(self.kinds if self.faults > 0 else ()))]

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

    def unlocked_for(self, i: int) -> bool:
        return self.lock in (None, i)

    def add(self, i: int, request: Request) -> bool:
        """Put a request into the ring, and keep the lock; False if there is no room."""
        if self.in_use() == len(self.ring.slots):
            self.ring.kicked = True  # a full split ring rings, whatever the device wants
            return False
        self.lock = i
        self.ring.slots[self.ring.avail_idx % len(self.ring.slots)] = request
        self.ring.avail_idx = (self.ring.avail_idx + 1) % INDEX
        self.num_added += 1
        return True

    def behind_the_add(self, i: int, last: bool) -> Path[None]:
        """The last request of a list is followed by a kick, under the same lock."""
        if last:
            yield from self.kick(i)
        else:
            self.lock = None

    def kick(self, i: int) -> Path[None]:
        """Under the lock: does the device want to hear of the entries added? Outside it: ring."""
        line = yield Stop("kick_prepare", lambda: self.unlocked_for(i))
        new = self.ring.avail_idx
        old = (new - self.num_added) % INDEX
        self.num_added = 0
        wanted = line["needs_kick"] = self.need_event(new, old)
        self.lock = None
        if wanted:
            yield from self.notify()

    def notify(self) -> Path[None]:
        yield Stop("notify")
        self.ring.kicked = True

    def need_event(self, new: int, old: int) -> bool:
        return (self.ring.avail_event - old) % INDEX < (new - old) % INDEX

    def reap(self) -> None:
        """The interrupt: one completion; its slot and its tag are free, and so is the host."""
        self.done.append(self.device.complete())
        self.last_used_idx = (self.last_used_idx + 1) % INDEX
        self.put_tag()
        self.waits_for = [None] * len(self.waits_for)
