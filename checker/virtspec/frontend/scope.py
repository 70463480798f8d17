"""What names mean while a body is lowered."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from virtspec.frontend.domains import Registry
from virtspec.frontend.module import function_tree
from virtspec.frontend.routine import Routine
from virtspec.frontend.shape import Instance
from virtspec.frontend.steps import Steps, Straight, straighten
from virtspec.frontend.subset import Diagnostics
from virtspec.ir import build
from virtspec.ir.nodes import Expr, Field, Runner, Stmt
from virtspec.ir.types import TableType, Type


@dataclass(frozen=True)
class Static:
    """A Python object known when the specification is compiled: a constant, a class, a function."""

    value: Any


@dataclass(frozen=True)
class Place:
    """A model or component; `keys` may still be fewer than the instance wants."""

    instance: Instance
    keys: tuple[Expr, ...] = ()
    before: bool = False


@dataclass(frozen=True)
class Slot:
    """A part of the state: a field, or an entry of it."""

    field: Field
    keys: tuple[Expr, ...]
    before: bool = False

    @property
    def type(self) -> Type:
        t = self.field.type
        for _ in self.keys:
            assert isinstance(t, TableType)
            t = t.value
        return t

    def value(self) -> Expr:
        """What the slot holds."""
        e: Expr = build.read(self.field.name, self.field.type, self.before)
        for key in self.keys:
            e = build.index(e, key)
        return e


class Unassigned:
    """A local that some path to here left without a value."""


UNASSIGNED = Unassigned()

Binding: TypeAlias = Static | Place | Slot | Expr | Unassigned
Ref: TypeAlias = Static | Place | Slot | Expr


@dataclass
class Scope:
    """The names one body may use."""

    path: str
    names: Mapping[str, Any]
    """Globals of the module(s) the body comes from."""
    types: Mapping[str, Type]
    """Types of the locals that are annotated."""
    locals: dict[str, Binding] = field(default_factory=dict)


class Statics(Mapping[str, Any]):
    """A scope as `static.fold` sees it: only what is known without a state."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def __getitem__(self, name: str) -> Any:
        if name in self.scope.locals:
            match self.scope.locals[name]:
                case Static(value):
                    return value
                case Place(instance):
                    return instance
                case _:
                    raise KeyError(name)
        return self.scope.names[name]

    def __iter__(self) -> Any:
        raise TypeError("only looked up")

    def __len__(self) -> int:
        raise TypeError("only looked up")


@dataclass
class Process:
    """A process of the model, cut into steps, with who runs it."""

    steps: Steps
    runner: Runner
    fair: str
    span_node: ast.AST

    @property
    def routine(self) -> Routine:
        return self.steps.routine


@dataclass(frozen=True)
class Event:
    """Something `lint` wants to know about a step: a statement emitted, or a lock taken or let go."""

    kind: str
    """"stmt", "acquires" or "releases"."""
    stmt: Stmt | None = None
    inside: str | None = None
    """The lock whose method the statement belongs to."""


@dataclass
class Unit:
    """All that the lowering of one specification shares."""

    registry: Registry
    diagnostics: Diagnostics
    root: Instance
    processes: dict[str, Process] = field(default_factory=dict)
    local_fields: dict[str, Field] = field(default_factory=dict)
    """Fields for locals that live across a yield, as they are found."""
    events: dict[str, list[Event]] = field(default_factory=dict)
    straight: dict[tuple[int, str], Straight] = field(default_factory=dict)

    def straighten(self, routine: Routine) -> Straight:
        """`steps.straighten`, once per routine and instance."""
        key = (id(routine.fn), routine.instance.prefix if routine.instance is not None else "")
        if key not in self.straight:
            self.straight[key] = straighten(routine, self.diagnostics)
        return self.straight[key]

    def labels(self) -> set[str]:
        """Every label that stands in the text of the model or its components, reachable in this configuration or not."""
        found: set[str] = set()
        pending = [self.root]
        while pending:
            instance = pending.pop()
            pending += instance.parts.values()
            for name in instance.names():
                method = instance.method(name)
                if method is not None:
                    found |= {str(y.value.value) for y in _yields(function_tree(method)[1])}  # type: ignore[union-attr]
        return found


def _yields(fn: ast.FunctionDef) -> list[ast.Yield]:
    """The yields of a label in a function."""
    return [n for n in ast.walk(fn) if isinstance(n, ast.Yield) and isinstance(n.value, ast.Constant)]
