"""What pointers and other names mean while a log is read: which member of a Scalarset, from when on, until when."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from virtspec.conform.events import Event
from virtspec.conform.rows import Part
from virtspec.conform.table import Object
from virtspec.conform.threads import Stop, Thread, Unexplained


@dataclass(slots=True, eq=False)
class Alive:
    """An object that lives: whose instance it is of, which member it is, what it keeps."""

    part: Part
    member: int
    line: int
    keeps: list[tuple[str, int]]


class Pool:
    """The members of one Scalarset in one instance: those in use, with how many use them, and those that are free."""

    def __init__(self) -> None:
        self.free: deque[int] = deque()
        self.size = 0
        self.uses: Counter[int] = Counter()
        self.dropped: dict[int, int] = {}
        """The event at which a member became free."""

    def take(self, since: int | None = None) -> int:
        """A member that is free, since that event if one is given; a new one if there is none."""
        found = next((m for m in self.free if since is None or self.dropped[m] <= since), None)
        if found is None:
            found, self.size = self.size, self.size + 1
        else:
            self.free.remove(found)
        self.uses[found] = 1
        return found

    def hold(self, member: int) -> None:
        self.uses[member] += 1

    def drop(self, member: int, event: int) -> None:
        """One who used it does not any more."""
        self.uses[member] -= 1
        if self.uses[member] == 0:
            self.free.append(member)
            self.dropped[member] = event


class Objects:
    """All objects of a log, by name."""

    def __init__(self, kinds: Mapping[str, Object]) -> None:
        self.kinds = kinds
        self.pools: dict[tuple[Hashable, str], Pool] = {}
        self.alive: dict[tuple[str, int | str], Alive] = {}
        self.dead: dict[tuple[str, int | str], int] = {}
        """The line at which an object died last."""
        self.named: dict[tuple[Hashable, str, int | str], int] = {}
        """The members of objects that are there as soon as they are named; of those not in use any more, too."""
        self.called: dict[tuple[Hashable, str, int], int | str] = {}
        """Which of these a member is."""
        self.forgetful = False
        """Whether events have been lost: then objects may have begun or ended of which the log does not say so."""

    def pool(self, part: Part, kind: str) -> Pool:
        found = self.pools.get((part.name, kind))
        if found is None:
            found = self.pools[part.name, kind] = Pool()
        return found

    def at(self, thread: Thread, at: Stop, e: Event) -> None:
        """Look at the objects that an event names, and at those it makes."""
        for selector, name, kind in at.seen:
            if name in e.fields and selector.takes(e.fields):
                self.see(thread, kind, e.fields[name], e)
        for kind in at.born:
            if kind.born is not None and kind.born.takes(e.fields):
                self.bear(thread, kind)
        for selector, name, kind in at.named:
            if name in e.fields and selector.takes(e.fields):
                self.name(thread, kind, e.fields[name], e)

    def see(self, thread: Thread, kind: Object, key: int | str, e: Event) -> None:
        """A field names an object, which must be alive, or begins to be known."""
        thread.keys[kind.name] = key
        if kind.born is None and not kind.named:
            if kind.type is not None and thread.part is not None:
                thread.hand[kind.name] = self.known(thread, thread.part, kind, key)
            return
        found = self.alive.get((kind.name, key))
        if found is None and self.forgetful:
            thread.hand.pop(kind.name, None)
            return
        if found is None:
            died = self.dead.get((kind.name, key))
            shown = hex(key) if isinstance(key, int) and key > 1 << 16 else key
            what = f"was released at line {died}" if died is not None else "was never there"
            raise Unexplained(e.line, f"{e.name} names a {kind.name}, {shown}, which {what}")
        thread.hand[kind.name] = found.member
        if kind.type is not None:  # so that it is nobody else as long as the call goes on
            self.pool(found.part, kind.type).hold(found.member)
            thread.held.append((found.part, kind.type, found.member))
        if thread.part is None:
            thread.part = found.part

    def known(self, thread: Thread, part: Part, kind: Object, key: int | str) -> int:
        """The member of an object that is there as soon as it is named, as long as somebody uses it."""
        assert kind.type is not None
        pool = self.pool(part, kind.type)
        member = self.named.get((part.name, kind.name, key))
        if member is not None and pool.uses[member] and self.called[part.name, kind.name, member] == key:
            pool.hold(member)
        else:
            member = self.named[part.name, kind.name, key] = pool.take()
            self.called[part.name, kind.name, member] = key
        thread.held.append((part, kind.type, member))
        return member

    def bear(self, thread: Thread, kind: Object) -> None:
        """There is a new object, without a name; it is given up with the call if it gets none."""
        if kind.type is None or thread.part is None:
            return
        member = self.pool(thread.part, kind.type).take()
        thread.held.append((thread.part, kind.type, member))
        thread.hand[kind.name] = member

    def name(self, thread: Thread, kind: Object, key: int | str, e: Event) -> None:
        """The object in hand gets its name, and lives."""
        old = self.alive.get((kind.name, key))
        if old is not None and not self.forgetful:
            raise Unexplained(e.line, f"{e.name} names a new {kind.name}, which has been in use since line {old.line}")
        part = thread.part
        assert part is not None
        if kind.born is None:
            self.bear(thread, kind)
        member = thread.hand.setdefault(kind.name, 0)
        keeps = [(kind.type, member)] if kind.type is not None else []
        for other in kind.keeps:
            of = self.kinds[other].type
            if of is not None and other in thread.hand:
                keeps.append((of, thread.hand[other]))
        for of, m in keeps:
            self.pool(part, of).hold(m)
        thread.keys[kind.name] = key
        self.alive[kind.name, key] = Alive(part, member, e.line, keeps)

    def deaths(self, thread: Thread, at: Stop, e: Event, event: int) -> None:
        """Objects that an event is the end of."""
        for selector, kind in at.dies:
            if selector.takes(e.fields):
                key = thread.keys.get(kind.name)
                found = None if key is None else self.alive.pop((kind.name, key), None)
                if found is None and not self.forgetful:
                    raise Unexplained(e.line, f"{e.name} ends a {kind.name} that is not there")
                if key is not None:
                    self.dead[kind.name, key] = e.line
                if found is not None:
                    for of, member in found.keeps:
                        self.pool(found.part, of).drop(member, event)
