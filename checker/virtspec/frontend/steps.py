"""Cuts a process into atomic steps.

A process is a generator; a step is the code between two of its yields. Starting from the beginning of the process,
and then from every yield found, the code that runs until the next yield is written down as straight statements and
ifs, each path closed by `return "location"`: the place where the next step begins, or "idle". Loops are unrolled from
the yield they stand at to the next one; sub-processes called with `yield from` are copied in, their locals renamed and
their labels prefixed. The result is ordinary Python again: `stmts` lowers it to the IR, `native` compiles it.

What remains to be run is held as a linked list of frames, `(frame, rest)`, innermost first: a statement, the mark of a
loop, or the mark of a call.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from virtspec.frontend.inline import Inliner, label_of
from virtspec.frontend.loops import (
    break_doubles,
    has_continue,
    has_jump,
    stays_inside,
    without_break,
    without_continue,
)
from virtspec.frontend.routine import Routine
from virtspec.frontend.spans import placed
from virtspec.frontend.static import fold
from virtspec.frontend.subset import Diagnostics, Refused
from virtspec.ir.types import Type

IDLE = "idle"
RESULT = "return"
"""The local that holds a routine's result; no Python name can be the same."""
REFUSED = "refused value"
"""Stands in place of a value that was refused; the parser never makes a name with a blank."""
MOST_STATEMENTS = 20_000
"""How long the code of one step may become: paths are written out one by one."""

Cont: TypeAlias = "tuple[Frame, Cont] | None"


@dataclass(frozen=True)
class LoopMark:
    """Below this frame lies the end of a loop's body: where `continue` and `break` go on."""

    head: Cont
    exit: Cont


@dataclass(frozen=True)
class CallMark:
    """Below this frame lies the caller of a sub-process, which wants its value in `target`."""

    target: ast.expr | None
    name: str


Frame: TypeAlias = ast.stmt | LoopMark | CallMark


@dataclass
class Step:
    """One atomic step of a process as Python code: every path through `body` ends in `return "location"`."""

    name: str
    location: str
    body: list[ast.stmt]
    node: ast.AST
    """The yield that names it, or the def for the first step."""


@dataclass
class Steps:
    """A process cut into steps, the first one first, the others in the order met."""

    routine: Routine
    steps: list[Step]
    names: dict[str, Any]
    """What the names in the steps' code stand for: globals of all the modules involved, unrolled loop variables."""
    types: dict[str, Type]
    """Types of parameters and of locals that are annotated."""
    locals: frozenset[str]
    """The names that parameters and assignments bind."""
    shown: dict[str, str]
    """What a local of an inlined sub-process is called in states and reports."""
    live: dict[str, frozenset[str]] = field(default_factory=dict)
    """Per location the locals (parameters included) whose value a later step may read."""

    def field_name(self, local: str) -> str:
        """The name of the field that keeps a local across a yield."""
        return f"{self.routine.name}.{self.shown.get(local, local)}"

    def standing(self, label: str | None) -> list[str]:
        """The locations at() means: all inside the process, or those whose path of calls and labels ends in `label`.

        Numbers in brackets, which tell repeated calls and turns of a loop apart, count only if `label` has some.
        """
        locations = [s.location for s in self.steps[1:]]
        if label is None:
            return locations
        wanted = "." + label
        return [x for x in locations if ("." + (x if "[" in label else _BRACKETS.sub("", x))).endswith(wanted)]


_BRACKETS = re.compile(r"\[[^]]*\]")


def split(routine: Routine, diagnostics: Diagnostics) -> Steps:
    """Cut the process into steps. Notes what it refuses and leaves it out."""
    return _Splitter(routine, diagnostics).run()


@dataclass(frozen=True)
class Straight:
    """A routine without yields as statements and ifs; where it returns a value, that is assigned to `return`."""

    body: list[ast.stmt]
    names: dict[str, Any]
    types: dict[str, Type]
    locals: frozenset[str]


def straighten(routine: Routine, diagnostics: Diagnostics) -> Straight:
    """The body of a method or function with its returns, breaks and continues gone."""
    splitter = _Splitter(routine, diagnostics, straight=True)
    result = ast.copy_location(ast.Name(RESULT, ast.Store()), routine.fn)
    mark = CallMark(result if routine.returns_value else None, "")
    body = splitter.expand(stacked(splitter.inliner.own_body(), (mark, None)), frozenset())
    return Straight(body, splitter.inliner.names, splitter.inliner.types, frozenset(splitter.inliner.locals))


class _Splitter:
    def __init__(self, routine: Routine, diagnostics: Diagnostics, straight: bool = False) -> None:
        self.routine = routine
        self.diagnostics = diagnostics
        self.straight = straight
        """Whether it is a method that has no yields, and may have none."""
        self.inliner = Inliner(routine, diagnostics)
        self.begin: ast.AST = routine.fn
        """Where the step being cut begins."""
        self.written = 0
        """How many statements the step being cut has so far."""
        self.found: dict[str, tuple[ast.AST, Cont]] = {}
        self.unrolled: dict[int, tuple[ast.For, list[list[ast.stmt]]]] = {}
        self.without_continue: dict[int, tuple[ast.For, ast.For]] = {}
        self.without_break: dict[int, tuple[ast.For, list[ast.stmt]]] = {}

    def run(self) -> Steps:
        r = self.routine
        self.found[IDLE] = (r.fn, stacked(self.inliner.own_body(), None))
        steps: list[Step] = []
        done = 0
        while done < len(self.found):  # grows while steps are cut
            location = list(self.found)[done]
            node, cont = self.found[location]
            done += 1
            name = r.name if location == IDLE else location
            self.written, self.begin = 0, node
            try:
                body = self.expand(cont, frozenset())
            except Refused:
                body = []  # the location stays: other steps lead to it
            steps.append(Step(name, location, body, node))
        inliner = self.inliner
        return Steps(r, steps, inliner.names, inliner.types, frozenset(inliner.locals), inliner.shown)

    def expand(self, cont: Cont, loops: frozenset[int], within: bool = False) -> list[ast.stmt]:
        """The statements from `cont` to the next yield. `loops` are the while loops entered since the last one.

        With `within`, `cont` is part of a step that goes on behind it, and has no yield. What is refused is left out,
        so that the rest is looked at.
        """
        out: list[ast.stmt] = []
        while cont is not None:
            here, cont = cont, cont[1]
            self.written += 1
            if self.written > MOST_STATEMENTS:
                raise self.refuse("VS411", self.begin, self.routine.name)
            try:
                after = self.advance(here, out, loops, within)
            except Refused:
                if self.written > MOST_STATEMENTS:
                    raise
                continue
            if after is None:
                return out
            cont, loops = after
        if not within:
            out.append(goto(IDLE, self.routine.fn))
        return out

    def advance(
        self, here: tuple[Frame, Cont], out: list[ast.stmt], loops: frozenset[int], within: bool
    ) -> tuple[Cont, frozenset[int]] | None:
        """Write the next frame down; what is to be run then, and the loops entered. None if `out` is complete."""
        frame, cont = here
        match frame:
            case LoopMark() | CallMark():
                return cont, loops
            case ast.Expr(value=ast.Yield()):
                out.append(self.goto(frame, cont))
                return None
            case (
                ast.Expr(value=ast.YieldFrom()) | ast.Assign(value=ast.YieldFrom()) | ast.Return(value=ast.YieldFrom())
            ):
                return self.call(frame, cont, out), loops
            case ast.Return():
                return self.leave(frame, cont, out), loops
            case ast.Break() | ast.Continue():
                return jump(frame, cont), loops
            case ast.While() if not self.straight:
                return self.while_(frame, here, out, loops)
            case ast.If() if has_jump(frame):
                return self.if_(frame, cont, out, loops, within)
            case ast.For() if has_continue(frame):
                return (self.rewritten(frame), cont), loops
            case ast.For() if break_doubles(frame):
                return stacked(self.flagged(frame), cont), loops
            case ast.For() if has_jump(frame):
                if stays_inside(frame) and cont is not None:
                    out += self.expand((frame, None), loops, within=True)
                    return cont, loops
                exit_ = cont
                for body in reversed(self.iterations(frame)):
                    cont = stacked(body, (LoopMark(cont, exit_), cont))
                return cont, loops
            case _:
                out.append(frame)
                return cont, loops

    def if_(
        self, frame: ast.If, cont: Cont, out: list[ast.stmt], loops: frozenset[int], within: bool
    ) -> tuple[Cont, frozenset[int]] | None:
        """An `if` with jumps or yields in it."""
        test = self.known(frame.test)
        if isinstance(test, bool):
            return stacked(frame.body if test else frame.orelse, cont), loops
        if stays_inside(frame):
            then, orelse = stacked(frame.body, None), stacked(frame.orelse, None)
            out.append(self.branch(frame, then, orelse, loops, within=True))
            return cont, loops
        out.append(self.branch(frame, stacked(frame.body, cont), stacked(frame.orelse, cont), loops, within))
        return None

    def while_(
        self, frame: ast.While, here: tuple[Frame, Cont], out: list[ast.stmt], loops: frozenset[int]
    ) -> tuple[Cont, frozenset[int]] | None:
        """A while loop about to test its condition."""
        if frame.orelse:
            raise self.refuse("VS301", frame, "while ... else", "write it as an if behind the loop")
        if id(frame) in loops:
            raise self.refuse("VS401", frame)
        loops |= {id(frame)}
        inside = stacked(frame.body, (LoopMark(here, here[1]), here))
        test = self.known(frame.test)
        if isinstance(test, bool):
            return (inside if test else here[1]), loops
        out.append(self.branch(frame, inside, here[1], loops))
        return None

    def branch(
        self, frame: ast.If | ast.While, then: Cont, orelse: Cont, loops: frozenset[int], within: bool = False
    ) -> ast.If:
        """An `if` that runs one of two continuations."""
        first, second = self.expand(then, loops, within), self.expand(orelse, loops, within)
        return placed(ast.If(frame.test, first or [placed(ast.Pass(), frame)], second), frame)

    def goto(self, frame: ast.Expr, cont: Cont) -> ast.stmt:
        """End the step at a yield, and note that a step starts behind it."""
        label = label_of(frame)
        if label is None:
            raise self.refuse("VS405", frame)
        location = f"{self.routine.name}.{label}"
        node, _ = self.found.setdefault(location, (frame, cont))
        if node is not frame:
            raise self.refuse("VS403", frame, label, self.routine.name, getattr(node, "lineno", 0))
        return goto(location, frame)

    def call(self, frame: ast.stmt, cont: Cont, out: list[ast.stmt]) -> Cont:
        """Go on inside a sub-process."""
        target = frame.targets[0] if isinstance(frame, ast.Assign) else None
        if isinstance(frame, ast.Return):
            target = placed(ast.Name(self.inliner.fresh("result"), ast.Store()), frame)
            back = placed(ast.Return(placed(ast.Name(target.id, ast.Load()), frame)), frame)
            cont = (back, cont)
        try:
            prologue, body, name = self.inliner.inline(frame)
        except Refused:
            if target is not None:
                out.append(placed(ast.Assign([target], placed(ast.Name(REFUSED, ast.Load()), frame)), frame))
            raise
        out += prologue
        return stacked(body, (CallMark(target, name), cont))

    def leave(self, frame: ast.Return, cont: Cont, out: list[ast.stmt]) -> Cont:
        """Return from the innermost sub-process, or from the process."""
        target: ast.expr | None = None
        while cont is not None:
            mark, cont = cont
            if isinstance(mark, CallMark):
                target = mark.target
                break
        value = frame.value
        if target is None and value is not None and not isinstance(value, ast.Name | ast.Constant):
            target = placed(ast.Name(self.inliner.fresh("unused"), ast.Store()), frame)  # evaluated all the same
        if target is not None:
            out.append(placed(ast.Assign([target], value or placed(ast.Constant(None), frame)), frame))
        return cont

    def flagged(self, loop: ast.For) -> list[ast.stmt]:
        """The loop without `break`."""
        if id(loop) not in self.without_break:
            self.without_break[id(loop)] = loop, without_break(loop, self.inliner.fresh("broke"))
        return self.without_break[id(loop)][1]

    def rewritten(self, loop: ast.For) -> ast.For:
        """The loop without `continue`."""
        if id(loop) not in self.without_continue:
            self.without_continue[id(loop)] = loop, without_continue(loop)
        return self.without_continue[id(loop)][1]

    def refuse(self, code: str, node: ast.AST, *args: object) -> Refused:
        return self.diagnostics.refuse(code, node, self.routine.path, *args)

    def iterations(self, loop: ast.For) -> list[list[ast.stmt]]:
        """The bodies of an unrolled for loop, its variable replaced by each value in turn."""
        if id(loop) not in self.unrolled:
            self.unrolled[id(loop)] = loop, self.inliner.unroll(loop)
        return self.unrolled[id(loop)][1]

    def known(self, test: ast.expr) -> Any:
        return fold(test, self.inliner.statics(), self.routine.instance)


def stacked(body: list[ast.stmt], cont: Cont) -> Cont:
    """`body`, then `cont`."""
    for stmt in reversed(body):
        cont = (stmt, cont)
    return cont


def jump(frame: ast.Break | ast.Continue, cont: Cont) -> Cont:
    """Where `break` and `continue` go on; Python itself refuses them outside a loop."""
    while cont is not None:
        mark, cont = cont
        if isinstance(mark, LoopMark):
            return mark.exit if isinstance(frame, ast.Break) else mark.head
    raise AssertionError("Python accepts break and continue only in loops")


def goto(location: str, at: ast.AST) -> ast.stmt:
    """`return "location"`, placed where `at` stands."""
    line = getattr(at, "end_lineno", None) if isinstance(at, ast.FunctionDef) else getattr(at, "lineno", 1)
    made = ast.Return(ast.Constant(location))
    for node in ast.walk(made):
        node.lineno = node.end_lineno = line or 1  # type: ignore[attr-defined]
        node.col_offset = node.end_col_offset = 0  # type: ignore[attr-defined]
        if hasattr(at, "virtspec_path"):
            node.virtspec_path = at.virtspec_path  # type: ignore[attr-defined]
    return made
