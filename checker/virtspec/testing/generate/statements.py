"""Random statements, as lines of text: the bodies of processes, sub-processes, actions and methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from virtspec.ir.types import (
    BOOL,
    IntType,
    ModType,
    OptionType,
    SeqType,
    SetType,
    Type,
    bounds,
    is_int,
    is_scalar,
)
from virtspec.testing.generate.draws import Draws
from virtspec.testing.generate.expressions import Expressions, tidy
from virtspec.testing.generate.scope import Helper, Scope, combined, meets, root
from virtspec.testing.generate.values import copied
from virtspec.testing.generate.vocabulary import Vocabulary, domain

LABELS = ("begin", "check", "wait", "work", "finish", "leave")
MESSAGES = ("it does not hold", "this must not be")
"""Of faults: of asserts, and of those that a branch leads to."""
DEPTH = 2
"""How deep an expression may be."""
MOST_PICKS = 2
"""How often a step may choose: more than a few ways for a step to go, and there is too much to compare."""


@dataclass
class Room:
    """What a statement may be where it stands."""

    yields: bool
    """It may end the step."""
    jumps: bool = True
    """It may leave the method, and loops in it may be left."""
    breaks: bool = False
    """It may leave the loop around it."""
    continues: bool = False
    """In a `while`, only behind a yield: every path through the loop needs one."""


class Statements:
    """Draws the body of one method. `result` is what it returns; None if nothing, or if it is a process."""

    def __init__(self, draws: Draws, words: Vocabulary, scope: Scope, result: Type | None = None) -> None:
        self.draws = draws
        self.words = words
        self.scope = scope
        self.result = result
        self.labels: list[str] = []
        """Every label used."""
        self.sure: list[str] = []
        """Those that the process can come to as far as the compiler can tell."""
        self.straight = True
        """Whether nothing so far may have ended the method."""
        self.picks = self.most_picks = 0
        """How often the step under way chooses, at most; and any step so far."""
        self.loops = 0
        """How many loops without yields are around this place."""

    @property
    def expressions(self) -> Expressions:
        return Expressions(self.draws, self.scope)

    # --- whole bodies

    def straight_body(self, least: int = 1) -> list[str]:
        """The body of an action or a method: no yields."""
        return self.block(Room(yields=False), 2, least, 3) + self.ending()

    def stepwise_body(self, least: int = 1) -> list[str]:
        """The body of a process or a sub-process: `least` steps at least behind the first."""
        lines = self.block(Room(yields=True), 1, 0, 2)
        for _ in range(self.draws.number(least, 3)):
            lines += self.step(sure=self.straight) + self.block(Room(yields=True), 2, 1, 3)
        return lines + self.ending()

    def ending(self) -> list[str]:
        return [] if self.result is None else [self.returning()]

    def returning(self) -> str:
        return "return" if self.result is None else f"return {self.expression(self.result)}"

    def expression(self, t: Type) -> str:
        """What is known to be a `t`."""
        return tidy(self.expressions.value(t, DEPTH, typed=True))

    def block(self, room: Room, depth: int, least: int, most: int) -> list[str]:
        """So many statements; what they bind stays bound."""
        lines: list[str] = []
        for _ in range(self.draws.number(least, most)):
            lines += self.draws.whole(partial(self.statement, room, depth))
        return lines

    @contextmanager
    def inside(self, forget: bool = False) -> Iterator[None]:
        """A block inside; `forget` if it may come after itself, so that no integer in it was kept across a yield."""
        outside = self.scope
        self.scope = outside.inner()
        if forget:
            self.scope.opaque.clear()
        yield
        outside.opaque &= self.scope.opaque
        self.scope = outside

    def nested(self, room: Room, depth: int, least: int = 1) -> list[str]:
        """A block inside, indented."""
        with self.inside():
            lines = self.block(replace(room), depth - 1, least, 2)
        return indented(lines or ["pass"])

    # --- statements

    def statement(self, room: Room, depth: int) -> list[str]:
        plain: list[Callable[[], list[str]]] = [
            *(self.assign,) * 6,
            *(self.change,) * 6,
            self.declare,
            self.update,
            *(self.require,) * 2,
            *(self.choose,) * 2,
            self.insist,
            self.spend,
            *(self.call,) * (3 if self.scope.effects else 0),
        ]
        nesting: list[Callable[[Room, int], list[str]]] = [self.if_, self.if_, self.if_, self.for_, self.for_members]
        if room.yields:
            nesting += [self.while_, self.while_, self.yield_, *(self.yield_from,) * (5 if self.scope.calls else 0)]
        number = self.draws.number(0, len(plain) - 1 + len(nesting) * (depth > 0))
        return plain[number]() if number < len(plain) else nesting[number - len(plain)](room, depth)

    def assign(self) -> list[str]:
        """Some part of the state gets a value."""
        target, t = self.target(lambda t: True)
        if target is None:
            return ["pass"]
        return [f"{target} = {tidy(self.expressions.stored(t, DEPTH))}"]

    def target(self, fit: Callable[[Type], bool]) -> tuple[str | None, Type]:
        """A part of the state to assign, of a type that fits."""
        reachable = [p for p in self.scope.paths if p.writable and all(map(self.scope.can, p.keys))]
        paths = [p for p in reachable if self.scope.can(p.type) and fit(p.type)]
        if not paths:
            return None, BOOL
        path = self.draws.pick(paths)
        return tidy(self.expressions.filled(path.template, path.keys, 1)), path.type

    def change(self) -> list[str]:
        """A number is counted up or down, a collection changed in place."""
        target, t = self.target(lambda t: isinstance(t, SetType | SeqType)) if self.draws.chance(50) else (None, BOOL)
        if target is None:
            target, t = self.target(is_int)
        if target is None:
            return self.assign()
        match t:
            case SetType(of):
                return [self.change_set(target, t, of)]
            case SeqType(of):
                return [self.change_seq(target, of)]
            case _:
                return [self.count(target, t)]

    def count(self, target: str, t: Type) -> str:
        op, step = self.draws.pick("+-"), self.expressions.number(self.draws.pick((0, 0, 1)))
        known = self.scope.ranges(target) if target in self.scope.variables else frozenset({bounds(t)})
        if isinstance(t, IntType) and not meets(combined(op, known, step.ranges), t.lo, t.hi):
            return f"{target} = {tidy(self.expressions.stored(t, 1))}"
        return f"{target} {op}= {tidy(step.text)}"

    def change_set(self, target: str, t: SetType, of: Type) -> str:
        can = self.scope.can(of)
        match self.draws.pick(("clear", "operator", *("add", "add", "discard", "remove") * can)):
            case "operator":
                right = self.expressions.set(t, of, 1, True)
                return f"{target} {self.draws.pick('|&-')}= {tidy(right)}"
            case "clear":
                return f"{target}.clear()"
            case method:
                return f"{target}.{method}({tidy(self.expressions.stored(of, 1))})"

    def change_seq(self, target: str, of: Type) -> str:
        can = self.scope.can(of)
        method = self.draws.pick(
            ("clear", "pop", "pop", "popleft", "popleft", *("append", "append", *("appendleft", "remove") * 3) * can)
        )
        if method == "clear":
            return f"{target}.clear()"
        if method in ("popleft", "pop"):
            return self.bound(of, f"{target}.{method}()", self.draws.chance(50))
        return f"{target}.{method}({tidy(self.expressions.stored(of, 1))})"

    def bound(self, t: Type | None, call: str, wanted: bool) -> str:
        """A call, its value in a new variable if it has one and that is wanted."""
        if t is None or not wanted:
            return call
        name = self.scope.bind(t, assignable=True)
        return f"{name}: {self.words.annotation(t)} = {call}"

    def declare(self) -> list[str]:
        """A new variable; its type is written down where the compiler needs it."""
        types: list[Type] = [
            *self.words.scalars,
            OptionType(self.words.task),
            OptionType(self.words.small),
            self.words.pair,
        ]
        t = self.draws.pick([t for t in types if self.scope.can(t)])
        value = tidy(self.expressions.stored(t, DEPTH))
        if is_scalar(t) and not is_int(t) and not self.expressions.optional(t, 1) and self.draws.chance(40):
            return [f"{self.scope.bind(t)} = {value}"]
        return [f"{self.scope.bind(t, assignable=True)}: {self.words.annotation(t)} = {value}"]

    def update(self) -> list[str]:
        """A variable gets another value."""
        if not self.scope.assignable:
            return self.declare()
        name = self.draws.pick(sorted(self.scope.assignable))
        t = self.scope.variables[name]
        if is_int(t) and self.draws.chance(60):
            line = self.count(name, t)
        else:
            line = f"{name} = {tidy(self.expressions.stored(t, DEPTH))}"
        self.scope.opaque.discard(name)
        return [line]

    def require(self) -> list[str]:
        return [f"require({self.condition()})"]

    def condition(self) -> str:
        """A condition, now and then the result of a call with effects."""
        helpers = [h for h in self.helpers(self.scope.effects) if h.result == BOOL]
        if helpers and self.draws.chance(20):
            helper = self.draws.pick(helpers)
            self.chosen(helper.picks)
            return tidy(self.draws.pick(("", "not ")) + self.expressions.call(helper, 1))
        return tidy(self.expressions.boolean(DEPTH))

    def helpers(self, known: tuple[Helper, ...]) -> list[Helper]:
        """Those that can be called here."""
        ready = [h for h in known if all(map(self.scope.has, h.keys)) and all(map(self.scope.can, h.params))]
        return [h for h in ready if self.may_choose(h.picks)]

    def may_choose(self, times: int) -> bool:
        """Whether the step may choose so many times more."""
        return times == 0 or (self.loops == 0 and self.picks + times <= MOST_PICKS)

    def chosen(self, times: int) -> None:
        """Note that it does."""
        self.picks += times
        self.most_picks = max(self.most_picks, self.picks)

    def choose(self) -> list[str]:
        if not self.may_choose(1):
            return self.assign()
        self.chosen(1)
        t = self.draws.pick(self.words.scalars)
        pick = f"choose({'bool' if t == BOOL else self.words.annotation(t)})"
        if isinstance(t, IntType) and self.draws.chance(30):
            pick = f"choose({domain(t)})"
        target, _ = self.target(lambda of: of == t)
        if target is not None and self.draws.chance(40):
            return [f"{target} = {pick}"]
        return [f"{self.scope.bind(t)} = {pick}"]

    def insist(self) -> list[str]:
        """What ends in a fault where something does not hold."""
        if self.draws.chance(50):
            return [f'assert {self.condition()}, "{MESSAGES[0]}"']
        return [f"if {self.condition()}:", f'    fault("{MESSAGES[1]}")']

    def spend(self) -> list[str]:
        return [self.draws.pick(('cost("exit")', 'cost("wake")', 'atomic("one instruction")', "pass"))]

    def call(self) -> list[str]:
        """A method with effects."""
        helpers = self.helpers(self.scope.effects)
        if not helpers:
            return self.assign()
        helper = self.draws.pick(helpers)
        self.chosen(helper.picks)
        return [self.bound(helper.result, tidy(self.expressions.call(helper, 1)), self.draws.chance(60))]

    # --- control

    def if_(self, room: Room, depth: int) -> list[str]:
        lines = [f"if {self.condition()}:", *self.branch(room, depth)]
        left = any(word in lines[-1] for word in ("return", "break", "continue"))
        if self.draws.chance(20):
            lines += [f"elif {self.condition()}:", *self.nested(room, depth)]
        if self.draws.chance(40):  # one branch at least has to come to its end
            lines += ["else:", *(self.nested(room, depth) if left else self.branch(room, depth))]
        return lines

    def branch(self, room: Room, depth: int) -> list[str]:
        """A block that may leave the loop or the method."""
        ends = ["return"] * room.jumps + ["break"] * room.breaks + ["continue"] * room.continues
        if not ends or not self.draws.chance(30):
            return self.nested(room, depth)
        with self.inside():
            lines = self.block(replace(room), depth - 1, 0, 1)
            end = self.draws.pick(ends)
            if end == "return":
                self.straight = False
            return indented([*lines, self.returning() if end == "return" else end])

    def for_(self, room: Room, depth: int) -> list[str]:
        """A loop over a type; unrolled if anything in it leaves it or ends the step."""
        t = self.draws.pick(self.words.scalars)
        with self.inside(forget=True):
            head = f"for {self.scope.bind(t, literal=True)} in {domain(t)}:"
            self.loops += 1
            body = self.nested(Room(room.yields, room.jumps, breaks=room.jumps, continues=room.jumps), depth)
            self.loops -= 1
        return [head, *body]

    def for_members(self, room: Room, depth: int) -> list[str]:
        """A loop over what is in a set or a sequence when it begins."""
        paths = self.expressions.collections(1)
        if not paths:
            return self.for_(room, depth)
        path = self.draws.pick(paths)
        source = tidy(self.expressions.read(path, 1))
        assert isinstance(path.type, SetType | SeqType)
        aliased = source.count("self.") > 1
        with self.inside():
            if aliased or self.draws.chance(30):
                source = copied(path.type, source)
            else:  # what it runs through must not change: not here, and not in a method that is called here
                kept = [replace(p, writable=p.writable and root(p) != root(path)) for p in self.scope.paths]
                self.scope = replace(self.scope, paths=tuple(kept), effects=())
            head = f"for {self.scope.bind(path.type.of)} in {source}:"
            self.loops += 1
            body = self.nested(Room(yields=False, jumps=False), depth)
            self.loops -= 1
        return [head, *body]

    def while_(self, room: Room, depth: int) -> list[str]:
        """A loop with a yield on every path: one stands in its body itself, and no `continue` before that."""
        with self.inside(forget=True):
            test = self.expressions.dynamic(1)
            if test is None or self.draws.chance(25):
                test, self.straight = "True", False
            inside = Room(True, room.jumps, breaks=True, continues=False)
            lines = self.block(inside, depth - 1, 0, 1)
            lines += self.step(sure=False)
            inside.continues = True
            lines += self.block(inside, depth - 1, 1, 2)
            if test == "True":
                lines += [f"if {self.condition()}:", "    break"]
        return [f"while {tidy(test)}:", *indented(lines)]

    def yield_(self, room: Room, depth: int) -> list[str]:
        return self.step(sure=False)

    def step(self, sure: bool) -> list[str]:
        """The end of a step, which every integer variable survives but as what its type says."""
        used = len(self.labels)
        label = LABELS[used] if used < len(LABELS) else f"step{used}"
        self.labels.append(label)
        self.picks = 0
        if sure:
            self.sure.append(label)
        kept = {v for v, t in self.scope.variables.items() if isinstance(t, IntType | ModType)}
        self.scope.opaque |= kept - self.scope.literal
        return [f'yield "{label}"']

    def yield_from(self, room: Room, depth: int) -> list[str]:
        """A sub-process."""
        helpers = self.helpers(self.scope.calls)
        if not helpers:
            return self.step(sure=False)
        helper = self.draws.pick(helpers)
        self.chosen(helper.picks)
        call = f"yield from {tidy(self.expressions.call(helper, 1))}"
        return [self.bound(helper.result, call, self.draws.chance(70))]


def indented(lines: list[str]) -> list[str]:
    return ["    " + line if line else "" for line in lines]
