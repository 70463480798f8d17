"""From events to rows: where each thread stands, whose member it is, which object a pointer means, between which events a
step happens.

What a log says that no run of the kernel can say, whatever the model is, is found here: events out of the order of the
code, objects used after they have died.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Protocol

from virtspec.conform.events import Event, Header, Lost, Record
from virtspec.conform.objects import Objects
from virtspec.conform.observer import NUMBER
from virtspec.conform.paths import START
from virtspec.conform.rows import CLOSE, MOVE, OPEN, UNKNOWN, Part
from virtspec.conform.table import Rule, Table
from virtspec.conform.threads import Stop, Thread, Unexplained, stops

SLACK = 4
"""Nobody is made with fewer events: among so many that were lost may be those of one of whom the log says nothing."""


class Log(Protocol):
    """What a mechanism's `trace.py` knows of its logs: a class without arguments called `Log`."""

    def take(self, event: Event) -> bool:
        """Look at an event of the table's; it may rewrite fields. Whether it belongs to the mechanism."""

    def header(self, header: Header) -> None:
        """Look at what the log says of itself."""

    def instance(self, event: Event) -> Hashable | None:
        """Of which instance an event tells, if that can be seen."""

    def params(self, instance: Hashable, sizes: Mapping[str, int]) -> Mapping[str, object]:
        """Constants of the model that the log tells, when it has been read; so many members were needed of each kind."""

    def constants(self, instance: Hashable) -> Mapping[str, int]:
        """Numbers for the conditions of the table."""


class Mapper:
    """Reads records and makes rows of them."""

    def __init__(self, table: Table, log: Log, actors: Sequence[str | None]) -> None:
        self.table = table
        self.log = log
        self.actors = actors
        """By rule, the Scalarset whose member follows it."""
        self.places = {root: stops(table, a) for root, a in table.automata.items()}
        self.threads: dict[tuple[str, str], Thread] = {}
        self.parts: dict[Hashable, Part] = {}
        self.objects = Objects(table.objects)
        self.matched = 0
        self.skipped: Counter[str] = Counter()
        self.foreign = 0
        self.number = -1
        self.rejected: Unexplained | None = None
        self.gaps: list[Lost] = []
        self.losses: list[tuple[Part, int]] = []
        """Of the last of them, where each instance says how many events it may be."""
        self.slack = 0
        """How many members of each kind there may be of whom lost events would have told."""

    def read(self, records: Iterable[Record]) -> None:
        """All of a log, or up to the first event that no run of the code logs."""
        try:
            for record in records:
                if type(record) is Event:
                    self.event(record)
                elif type(record) is Lost:
                    self.lost(record)
                elif type(record) is Header:
                    self.log.header(record)
        except Unexplained as why:
            self.rejected = why
        self.end()

    # --- events

    def event(self, e: Event) -> None:
        self.number += 1
        root = self.table.events.get(e.name)
        if root is None:
            self.skipped[e.name] += 1
            return
        if not self.log.take(e):
            self.foreign += 1
            return
        thread = self.thread(root, e)
        try:
            self.step(root, thread, e)
        except Unexplained as why:
            why.instance = None if thread.part is None else thread.part.name
            why.explained = tuple(thread.recent)
            raise
        thread.recent.append(e.line)

    def step(self, root: str, thread: Thread, e: Event) -> None:
        """A thread logs an event."""
        place = thread.automaton.next[thread.place].get(e.name)
        if place is None or thread.lost:
            place = self.found_again(thread, e)
            if place is None:
                return
        self.matched += 1
        if place in thread.automaton.begins and (thread.place == START or thread.place in thread.automaton.rests):
            self.begin(thread, e)
        thread.place = place
        at = self.places[root][place]
        self.objects.at(thread, at, e)
        part = thread.part
        if part is None:
            raise Unexplained(e.line, f"nothing says of which object {e.name} tells")
        for key in at.keys:
            for of, at_value, name in thread.waiting.pop(key, ()):
                of.tell(at_value, _said(e, name), e.line)
            thread.values[key] = e
        self.rules(thread, part, at, e)
        self.objects.deaths(thread, at, e, self.number)
        thread.last = self.number
        if place in thread.automaton.ends:
            self.rest(thread)
            self.give_up(thread, e.line)

    def thread(self, root: str, e: Event) -> Thread:
        who = e.thread if root == "thread" else f"CPU {e.cpu}"
        found = self.threads.get((root, who))
        if found is None:
            found = self.threads[root, who] = Thread(who, self.table.automata[root])
            found.lost = any(self.concerns(gap, root, who) for gap in self.gaps)
        return found

    def found_again(self, thread: Thread, e: Event) -> int | None:
        """Where a thread stands of which events are missing: known as soon as it begins anew."""
        place = thread.automaton.next[START].get(e.name)
        if not thread.lost:
            raise Unexplained(e.line, self.expected(thread, e))
        if place is None:
            for part, at in self.losses:
                if part.values[at] != UNKNOWN:
                    part.values[at] += 1
            return None
        thread.lost, thread.place = False, START
        self.rest(thread)
        return place

    def expected(self, thread: Thread, e: Event) -> str:
        names = list(thread.automaton.next[thread.place]) or ["nothing more"]
        where = f"behind {thread.automaton.place(thread.place).event} it" if thread.place else f"{thread.who} first"
        at = f"{thread.who} logs {e.name} where the code does not: " if thread.place else ""
        return f"{at}{where} logs {' or '.join(names)}" + ("" if thread.place else f", not {e.name}")

    def begin(self, thread: Thread, e: Event) -> None:
        """A thread begins a call at the outermost level."""
        self.rest(thread)
        thread.hand.clear()
        thread.keys.clear()
        thread.values.clear()
        thread.begun.clear()
        self.give_up(thread, e.line)
        thread.part = self.part(self.log.instance(e))

    def part(self, name: Hashable | None) -> Part | None:
        if name is None:
            return None
        if name not in self.parts:
            part = self.parts[name] = Part(name, begins=self.number - 1)
            for lost in self.gaps:  # it may have begun long before
                part.lose(part.begins, lost.line, lost.count)
        return self.parts[name]

    def give_up(self, thread: Thread, line: int) -> None:
        """What rows still want to know of the call that has ended is not known; an event that did not come, did not."""
        for rows in thread.waiting.values():
            for part, at, name in rows:
                if name is None:
                    part.tell(at, 0, line)
        thread.waiting.clear()

    def rest(self, thread: Thread) -> None:
        """A thread is at its outermost level: it needs no member and no object any more."""
        part = thread.part
        for of, kind, member in thread.held:
            self.objects.pool(of, kind).drop(member, self.number)
        thread.held.clear()
        if part is not None:
            for name, kind in [key for key in thread.members if key[1] not in self.table.kept]:
                self.objects.pool(self.parts[name], kind).drop(thread.members.pop((name, kind)), self.number)

    # --- rules

    def rules(self, thread: Thread, part: Part, at: Stop, e: Event) -> None:
        fields = e.fields
        for rule in at.ends:
            if rule.end.takes(fields):
                begun = thread.begun.pop(rule.number, None)
                if rule.begin is None:
                    self.actor(thread, part, rule, None if thread.last < 0 else thread.last)
                    begun = (max(thread.last, part.begins, self.free_since(thread, part, rule)), e.line)
                if begun is not None:
                    self.window(thread, part, rule, begun, e)
        for rule in at.points:
            if rule.end.takes(fields):
                self.row(thread, part, rule, MOVE, self.number, e.line)
        for rule in at.begins:
            if rule.begin is not None and rule.begin.takes(fields):
                thread.begun[rule.number] = (self.number, e.line)
                self.actor(thread, part, rule)

    def window(self, thread: Thread, part: Part, rule: Rule, begun: tuple[int, int], e: Event) -> None:
        """A step happens between two events."""
        at = self.opened(thread, part, rule, begun)
        part.add(CLOSE, self.number, e.line, rule.number, self.actor(thread, part, rule), part.windows - 1, at)

    def opened(self, thread: Thread, part: Part, rule: Rule, begun: tuple[int, int]) -> int:
        """A window; where its values begin."""
        part.windows += 1
        return self.row(thread, part, rule, OPEN, *begun, part.windows - 1)

    def row(self, thread: Thread, part: Part, rule: Rule, kind: int, event: int, line: int, window: int = -1) -> int:
        """Add what a rule says; where its values begin."""
        member, values, learned = self.actor(thread, part, rule), part.values, part.learned
        at = len(values)
        for name in rule.given.values():
            values.append(thread.hand.get(name, UNKNOWN))
            learned.append(line)
        for value in rule.values:
            known = thread.values.get(value.event)
            if known is None:
                thread.waiting.setdefault(value.event, []).append((part, len(values), value.field))
                values.append(UNKNOWN)
                learned.append(line)
            else:
                values.append(_said(known, value.field))
                learned.append(known.line)
        part.add(kind, event, line, rule.number, member, window, at)
        return at

    def free_since(self, thread: Thread, part: Part, rule: Rule) -> int:
        """The event before which the member who follows a rule was somebody else."""
        kind = self.actors[rule.number]
        member = self.actor(thread, part, rule)
        return -1 if kind is None else self.objects.pool(part, kind).dropped.get(member, -1)

    def actor(self, thread: Thread, part: Part, rule: Rule, since: int | None = None) -> int:
        """The member who follows a rule: nobody else may be it from the beginning of its window on, which may lie as far
        back as the event `since`.
        """
        kind = self.actors[rule.number]
        if kind is None:
            return 0
        found = thread.members.get((part.name, kind))
        if found is None:
            found = thread.members[part.name, kind] = self.objects.pool(part, kind).take(since)
        return found

    # --- what is missing

    def lost(self, lost: Lost) -> None:
        """Events are missing: threads that may have logged them are anywhere, until they begin anew."""
        self.gaps.append(lost)
        self.losses = []
        self.slack += SLACK if lost.count is None else 1 + lost.count // SLACK
        self.objects.forgetful = True
        for (root, who), thread in self.threads.items():
            if self.concerns(lost, root, who):
                thread.lost = True
                thread.waiting.clear()
                self.open_begun(thread)
        for part in self.parts.values():
            self.losses.append((part, part.lose(self.number, lost.line, lost.count)))

    def concerns(self, lost: Lost, root: str, who: str) -> bool:
        """Whether the events may be a thread's, or those of a CPU."""
        return lost.cpu is None or root == "thread" or who == f"CPU {lost.cpu}"

    def end(self) -> None:
        """The log is over: a step whose window has begun may have happened."""
        for thread in self.threads.values():
            self.open_begun(thread)
        for (name, kind), pool in self.objects.pools.items():
            self.parts[name].sizes[kind] = pool.size + self.slack

    def open_begun(self, thread: Thread) -> None:
        """Steps whose window has begun may have happened, whether or not the log shows the end of it."""
        if thread.part is not None:
            for number, begun in thread.begun.items():
                self.opened(thread, thread.part, self.table.rules[number], begun)
        thread.begun.clear()


def _said(e: Event, field: str | None) -> int:
    """What an event says: a number, or that it came."""
    value = 1 if field is None else e.fields.get(field)
    if not isinstance(value, int):
        return UNKNOWN
    return value if NUMBER.lo <= value <= NUMBER.hi else NUMBER.lo if value < 0 else NUMBER.hi
