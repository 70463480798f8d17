"""Following a log with machine code: the same as the interpreter does, a thousand times faster.

i64 @move(i64 way, ptr state, ptr out, ptr work, ptr given)
    The states that come of `state` by a way: by any hidden step, by any step, by the steps of a move whose values lie at
    `given`. Steps that are taken at once are taken. Returns how many there are; what goes wrong sets bits of work[0].
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from virtspec.errors import InternalError
from virtspec.explore.native import follow_kernels, intrinsics
from virtspec.explore.native.emitter import Emitter
from virtspec.explore.native.follow_kernels import AT, COUNT, DONE, FULL, INFO, LARGEST, REJECTED, ROW, SEEN
from virtspec.explore.native.jit import Code
from virtspec.explore.native.library import bind
from virtspec.explore.native.memory import Numbers, Words, zeros
from virtspec.explore.native.module import Module, module, ways_of
from virtspec.explore.native.steps import Step
from virtspec.explore.native.visited_kernels import BROKEN_CODE
from virtspec.ir.nodes import Var
from virtspec.ir.system import Action, Property, System
from virtspec.ir.types import cardinality
from virtspec.semantics.interp import State

BUDGET = 1 << 22
"""Candidates after which the loop comes back, so that progress is told and Ctrl-C is heard."""


@dataclass(frozen=True)
class Way:
    """One way to go on: any of some steps, of one member, with so many values given."""

    actions: tuple[Action, ...]
    member: int = 0
    given: int = 0
    """How many parameters behind the member's are given."""
    of_member: bool = True


@dataclass(frozen=True)
class Stretch:
    """Rows as numbers, so many at a time (see `follow_kernels`)."""

    rows: Numbers
    given: Numbers
    opened: Numbers
    """By bit, the way and the values of windows that were opened before."""

    def __len__(self) -> int:
        return len(self.rows) // ROW


@dataclass
class Followed:
    """How far the rows could be followed."""

    rejected: int | None
    full: bool
    candidates: list[tuple[State, int]]
    """States with the bits of open windows: those before the row that was rejected, or those at the end; not more than
    are asked for."""
    count: int
    """How many candidates there were then."""
    largest: int
    seen: int
    violated: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


class Following:
    """Machine code for one System, and the ways that rows are followed."""

    def __init__(
        self,
        system: System,
        hidden: Sequence[Action],
        anything: Sequence[Action],
        eager: Sequence[Action],
        ways: Sequence[Way],
        judged: Sequence[Property],
    ) -> None:
        """`ways` are numbered from 2 on; 0 is any hidden step, 1 is any of `anything`."""
        started = time.monotonic()
        self.judged = tuple(judged)
        every = [_each(hidden), _each(anything)]
        states = replace(system, actions=(), temporal=(), budgets=(), faultless=())  # steps are written below
        self.made = module(states, list(judged), intrinsics.CHECKED)
        writer = _Writer(self.made, [*every, *([way] for way in ways)], _each(eager))
        self.code = Code.of(self.made.text + "\n" + writer.text())
        self.most = writer.most
        self.compile_seconds = time.monotonic() - started

    @property
    def candidate_bytes(self) -> int:
        """What a candidate takes at most: in both of the places where it may lie, and in the table."""
        return 2 * 8 * (self.made.layout.words + 1) + 4 * 8

    def follow(
        self,
        initial: State,
        stretches: Iterable[Stretch],
        most: int,
        shown: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> Followed:
        """Follow all rows, one stretch after the other, with `most` candidates at a time. Raises InternalError."""
        started = time.monotonic()
        words = self.made.layout.words
        here: Words = zeros(most * (words + 1), np.uint64)
        there: Words = zeros(most * (words + 1), np.uint64)
        table: Numbers = zeros(1 << (2 * most).bit_length())
        out: Words = np.zeros(max(self.most, 1) * words, np.uint64)
        work: Numbers = np.zeros(1, np.int64)
        masks: Numbers = np.zeros(1, np.int64)
        info: Numbers = np.zeros(INFO, np.int64)
        broken: Numbers = np.full(len(self.judged), -1, np.int64)
        there[:words] = self.made.layout.pack(initial)
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self.code.address("settle"))(there.ctypes.data)
        info[LARGEST] = 1
        buffers = (here, there, table, out, work, masks, info, broken)
        first, reason, violated = 0, DONE, dict[str, int]()
        for stretch in stretches:
            info[AT] = 0
            addresses = (self.code.address("move"), self.code.address("judge"), words)
            loop = bind(follow_kernels.follow, *addresses, stretch.rows, stretch.given, stretch.opened, *buffers)
            while (reason := loop(BUDGET)) == follow_kernels.AGAIN:
                if progress is not None:
                    progress(first + int(info[AT]), int(info[COUNT]))
            for prop, row in zip(self.judged, broken.tolist(), strict=True):
                if row >= 0:
                    violated.setdefault(prop.id, first + row)
            if reason != DONE:
                break
            first += len(stretch)
            if progress is not None:
                progress(first, int(info[COUNT]))
        if reason == follow_kernels.BROKEN:
            raise InternalError(BROKEN_CODE)
        assert reason in (DONE, REJECTED, FULL)
        count = int(info[COUNT])
        kept = here[: min(count, shown) * (words + 1)].reshape(-1, words + 1)
        candidates = [(self.made.layout.unpack([int(w) for w in c[:words]]), int(c[words])) for c in kept]
        rejected = first + int(info[AT]) if reason != DONE else None
        seconds = time.monotonic() - started
        return Followed(
            rejected, reason == FULL, candidates, count, int(info[LARGEST]), int(info[SEEN]), violated, seconds
        )


def _each(actions: Iterable[Action]) -> list[Way]:
    """Steps taken by anybody."""
    return [
        Way((a,), member)
        for a in actions
        for member in range(cardinality(a.params[0].type) if a.process is not None else 1)
    ]


class _Writer:
    """Writes `move` and the steps it takes, behind the module's own code."""

    def __init__(self, made: Module, ways: Sequence[Sequence[Way]], eager: Sequence[Way]) -> None:
        self.made = made
        self.ways = ways
        self.eager = eager
        self.functions: dict[tuple[Action, int, int], str] = {}
        self.texts: list[str] = []
        self.most = 1
        """No way leads to more states."""

    def text(self) -> str:
        settled = self.settle()
        e = Emitter()
        local = e.variable("ptr")
        e.store("%out", local, "ptr")
        labels = [e.label("way") for _ in self.ways]
        end = e.label("end")
        cases = " ".join(f"i64 {i}, label %{label}" for i, label in enumerate(labels))
        e.end(f"switch i64 %way, label %{end} [ {cases} ]")
        for label, ways in zip(labels, self.ways, strict=True):
            e.block(label)
            most = 0
            for way in ways:
                for action in way.actions:
                    most += _outcomes(action, way)
                    self.call(e, local, way, action)
            self.most = max(self.most, most)
            e.jump(end)
        e.block(end)
        e.end(f"ret i64 {self.settle_all(e, local)}")
        head = "define i64 @move(i64 %way, ptr %in, ptr %out, ptr %event, ptr %given)"
        return "\n".join([*self.texts, settled, e.text(head)])

    def call(self, e: Emitter, out: str, way: Way, action: Action) -> None:
        name = self.function(way, action)
        given = ", ptr %given" if way.given else ""
        counts = self.counts(e)
        e.store(
            e.let(f"call ptr {name}(ptr %in, ptr {e.load(out, 'ptr')}, ptr %event, ptr {counts}{given})"), out, "ptr"
        )

    def counts(self, e: Emitter) -> str:
        """Where steps count themselves, which nobody looks at."""
        return e.variable()

    def function(self, way: Way, action: Action) -> str:
        """The function of one step for one member, written when it is first asked for."""
        key = (action, way.member, way.given)
        if key not in self.functions:
            first = action.params[:1] if action.process is not None else ()
            given: tuple[Var, ...] = action.params[len(first) : len(first) + way.given]
            step = Step(self.made.layout, action, 0, False, self.made.checked, first=first, given=given)
            name = f"@told.{len(self.functions)}"
            text = step.text(way.member, None)
            self.functions[key] = name
            self.texts.append(text.replace(f"@step.0.{way.member}(", f"{name}(", 1))
        return self.functions[key]

    # --- steps that are taken at once

    def settle(self) -> str:
        """Take, in place, all steps that are taken at once."""
        e = Emitter()
        words = self.made.layout.words
        most = max((_outcomes(way.actions[0], way) for way in self.eager), default=1)
        room = e.variable(f"[{words * most} x i64]")
        event, counts = e.variable(), self.counts(e)
        e.block("again")
        for way in self.eager:
            (action,) = way.actions
            after = e.let(f"call ptr {self.function(way, action)}(ptr %state, ptr {room}, ptr {event}, ptr {counts})")
            taken, on = e.label("taken"), e.label("on")
            e.branch(e.let(f"icmp ne ptr {after}, {room}"), taken, on)
            e.block(taken)
            for w in range(words):
                e.store(e.load(e.address(room, w)), e.address("%state", w))
            e.jump("again")
            e.block(on)
        e.end("ret void")
        return e.text("define void @settle(ptr %state)")

    def settle_all(self, e: Emitter, local: str) -> str:
        """Settle what lies from `%out` on; how many states these are."""
        words = self.made.layout.words
        at = e.variable("ptr")
        e.store("%out", at, "ptr")
        test, work, done = e.label("test"), e.label("work"), e.label("done")
        e.block(test)
        state = e.load(at, "ptr")
        e.branch(e.let(f"icmp ult ptr {state}, {e.load(local, 'ptr')}"), work, done)
        e.block(work)
        e.do(f"call void @settle(ptr {state})")
        e.store(e.address(state, words), at, "ptr")
        e.jump(test)
        e.block(done)
        last = e.let(f"ptrtoint ptr {e.load(local, 'ptr')} to i64")
        first = e.let("ptrtoint ptr %out to i64")
        return e.let(f"udiv i64 {e.let(f'sub i64 {last}, {first}')}, {8 * words}")


def _outcomes(action: Action, way: Way) -> int:
    """How many states a step leads to at most."""
    taken = 1 if action.process is not None else 0
    return ways_of(action, action.params[taken + way.given :])
