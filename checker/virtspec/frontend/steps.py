"""Cuts a process into atomic steps.

A process is a generator; a step is the code between two of its yields. Starting from the beginning of the process, and
then from every yield found, the code that runs until the next yield is written down as straight statements and ifs, each
path closed by `return "location"`: the place where the next step begins, or "idle". Loops are unrolled from the yield
they stand at to the next one; sub-processes called with `yield from` are copied in, their locals renamed and their
labels prefixed. The result is ordinary Python again: `stmts` lowers it to the IR, `native` compiles it.

What remains to be run is held as a linked list of frames, `(frame, rest)`, innermost first: a statement, the mark of a
loop, or the mark of a call.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from virtspec.frontend.inline import Inliner, label_of
from virtspec.frontend.routine import Routine
from virtspec.frontend.static import fold
from virtspec.frontend.subset import Diagnostics, Refused
from virtspec.ir.types import Type

IDLE = "idle"
RESULT = "return"
"""The local that holds a routine's result; no Python name can be the same."""

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
    live: dict[str, frozenset[str]] = field(default_factory=dict)
    """Per location the locals (parameters included) whose value a later step may read."""

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


def straighten(routine: Routine, diagnostics: Diagnostics) -> Straight:
    """The body of a method or function with its returns, breaks and continues gone."""
    splitter = _Splitter(routine, diagnostics)
    result = ast.copy_location(ast.Name(RESULT, ast.Store()), routine.fn)
    returns = any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(routine.fn))
    mark = CallMark(result if returns else None, "")
    body = splitter.expand(stacked(splitter.inliner.own_body(), (mark, None)), frozenset())
    return Straight(body, splitter.inliner.names, splitter.inliner.types)


class _Splitter:
    def __init__(self, routine: Routine, diagnostics: Diagnostics) -> None:
        self.routine = routine
        self.diagnostics = diagnostics
        self.inliner = Inliner(routine, diagnostics)
        self.found: dict[str, tuple[ast.AST, Cont]] = {}
        self.unrolled: dict[int, list[list[ast.stmt]]] = {}

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
            try:
                body = self.expand(cont, frozenset())
            except Refused:
                body = []  # the location stays: other steps lead to it
            steps.append(Step(name, location, body, node))
        return Steps(r, steps, self.inliner.names, self.inliner.types)

    def expand(self, cont: Cont, loops: frozenset[int]) -> list[ast.stmt]:
        """The statements from `cont` to the next yield. `loops` are the while loops entered since the last one."""
        out: list[ast.stmt] = []
        while cont is not None:
            here = cont
            frame, cont = here
            match frame:
                case LoopMark() | CallMark():
                    continue
                case ast.Expr(value=ast.Yield()):
                    out.append(self.goto(frame, cont))
                    return out
                case ast.Expr(value=ast.YieldFrom()) | ast.Assign(value=ast.YieldFrom()) | ast.Return(
                    value=ast.YieldFrom()
                ):
                    cont = self.call(frame, cont, out)
                case ast.Return():
                    cont = self.leave(frame, cont, out)
                case ast.Break() | ast.Continue():
                    cont = jump(frame, cont)
                case ast.While():
                    if id(frame) in loops:
                        raise self.diagnostics.refuse("VS401", frame, self.routine.path)
                    loops |= {id(frame)}
                    test = self.known(frame.test)
                    inside = stacked(frame.body, (LoopMark(here, cont), here))
                    if test is False:
                        continue
                    if test is True:
                        cont = inside
                        continue
                    out.append(self.branch(frame, inside, cont, loops))
                    return out
                case ast.If():
                    test = self.known(frame.test)
                    if isinstance(test, bool):
                        cont = stacked(frame.body if test else frame.orelse, cont)
                    elif has_jump(frame):
                        out.append(self.branch(frame, stacked(frame.body, cont), stacked(frame.orelse, cont), loops))
                        return out
                    else:
                        out.append(frame)
                case ast.For() if has_jump(frame):
                    for body in reversed(self.iterations(frame)):
                        cont = stacked(body, (LoopMark(cont, here[1]), cont))
                case _:
                    out.append(frame)
        out.append(goto(IDLE, self.routine.fn))
        return out

    def branch(self, frame: ast.If | ast.While, then: Cont, orelse: Cont, loops: frozenset[int]) -> ast.If:
        made = ast.If(frame.test, self.expand(then, loops), self.expand(orelse, loops))
        return ast.copy_location(made, frame)

    def goto(self, frame: ast.Expr, cont: Cont) -> ast.stmt:
        """End the step at a yield, and note that a step starts behind it."""
        label = label_of(frame)
        if label is None:
            raise self.diagnostics.refuse("VS405", frame, self.routine.path)
        location = f"{self.routine.name}.{label}"
        node, _ = self.found.setdefault(location, (frame, cont))
        if node is not frame:
            raise self.diagnostics.refuse("VS403", frame, self.routine.path, label, self.routine.name)
        return goto(location, frame)

    def call(self, frame: ast.stmt, cont: Cont, out: list[ast.stmt]) -> Cont:
        """Go on inside a sub-process."""
        target = frame.targets[0] if isinstance(frame, ast.Assign) else None
        if isinstance(frame, ast.Return):
            target = ast.copy_location(ast.Name(self.inliner.fresh("result"), ast.Store()), frame)
            back = ast.copy_location(ast.Return(ast.copy_location(ast.Name(target.id, ast.Load()), frame)), frame)
            cont = (back, cont)
        prologue, body, name = self.inliner.inline(frame)
        out += prologue
        return stacked(body, (CallMark(target, name), cont))

    def leave(self, frame: ast.Return, cont: Cont, out: list[ast.stmt]) -> Cont:
        """Return from the innermost sub-process, or from the process."""
        while cont is not None:
            mark, cont = cont
            if isinstance(mark, CallMark):
                if mark.target is not None:
                    value = frame.value or ast.copy_location(ast.Constant(None), frame)
                    out.append(ast.copy_location(ast.Assign([mark.target], value), frame))
                return cont
        return None

    def iterations(self, loop: ast.For) -> list[list[ast.stmt]]:
        """The bodies of an unrolled for loop, its variable replaced by each value in turn."""
        if id(loop) not in self.unrolled:
            self.unrolled[id(loop)] = self.inliner.unroll(loop)
        return self.unrolled[id(loop)]

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
    return made


def has_jump(stmt: ast.stmt) -> bool:
    """Whether control may leave `stmt` other than at its end, or a yield stands in it."""
    jumps = (ast.Yield, ast.YieldFrom, ast.Return, ast.Break, ast.Continue)
    return any(isinstance(node, jumps) for node in ast.walk(stmt))
