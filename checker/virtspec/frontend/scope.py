"""What names mean while a body is lowered."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from virtspec.frontend.domains import Registry
from virtspec.frontend.module import function_tree
from virtspec.frontend.names import labels_and_calls
from virtspec.frontend.routine import Routine
from virtspec.frontend.shape import Instance
from virtspec.frontend.steps import Steps, Straight, straighten
from virtspec.frontend.subset import Diagnostics
from virtspec.ir import build
from virtspec.ir.nodes import Expr, Read, Stmt
from virtspec.ir.system import Field, Runner, System
from virtspec.ir.types import TableType, Type
from virtspec.source import NOWHERE, Span


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


class Poison:
    """A local whose assignment was refused: its uses are not worth another diagnostic."""


POISON = Poison()

Binding: TypeAlias = Static | Place | Slot | Expr | Unassigned | Poison
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
    """What they stand for now. Every name the code binds has an entry from the beginning, so that it never means a
    global: Python's rule."""

    @classmethod
    def of(cls, path: str, code: Straight | Steps) -> Scope:
        """The scope a body begins in, none of its locals assigned yet."""
        return cls(path, code.names, code.types, dict.fromkeys(sorted(code.locals), UNASSIGNED))


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
    begins: str
    span_node: ast.AST

    @property
    def routine(self) -> Routine:
        return self.steps.routine


@dataclass(frozen=True)
class Event:
    """Something `lint` wants to know about a step, in the order it happens."""

    kind: Literal["stmt", "if", "atomic", "acquires", "releases", "end"]
    stmt: Stmt | None = None
    """The statement emitted; of "if" only the condition counts."""
    name: str = ""
    """Of "atomic": the method that says so; of "acquires" and "releases": the lock; of "end": the location."""
    parts: tuple[tuple[Event, ...], ...] = ()
    """What happens inside: the two branches of an "if", the body of a method."""
    result: Expr | None = None
    """What a method of a lock returns: one that returns False has not taken it."""
    span: Span = NOWHERE


@dataclass
class Unit:
    """All that the lowering of one specification shares."""

    registry: Registry
    diagnostics: Diagnostics
    root: Instance
    processes: dict[str, Process] = field(default_factory=dict)
    local_fields: dict[str, Field] = field(default_factory=dict)
    """Fields for locals that live across a yield, as they are found."""
    refused: set[str] = field(default_factory=set)
    """Processes that could not be cut: what is said about them elsewhere is not worth another diagnostic."""
    events: dict[str, list[Event]] = field(default_factory=dict)
    """Per action what `lint` looks at."""
    rules: System | None = None
    """Fields and actions, once these are known: properties may ask what is enabled."""
    asserts_are_effects: bool = False
    """Set while a call is tried out that may also stand as a statement, so that its asserts keep their message."""
    asserted_within: dict[str, str] = field(default_factory=dict)
    """Messages of asserts that became part of an expression of a step, each with the method it stands in: such a fault
    has no message."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Properties, by id, that have no meaning where a Scalarset is of any size, and why."""
    fault_messages: frozenset[str] | None = None
    """Every message of a fault in the text, in this configuration or not, once somebody has asked."""
    straight: dict[tuple[int, str], Straight] = field(default_factory=dict)

    def straighten(self, routine: Routine) -> Straight:
        """`steps.straighten`, once per routine and instance."""
        key = (id(routine.fn), routine.instance.prefix if routine.instance is not None else "")
        if key not in self.straight:
            self.straight[key] = straighten(routine, self.diagnostics)
        return self.straight[key]

    def reads(self) -> list[Read]:
        """Every field a statement can assign."""
        return [build.read(f.name, f.type) for f in (*self.root.all_fields(), *self.local_fields.values())]

    def labels(self, process: str) -> set[str]:
        """Every label in the text of a process and of what it may call, reachable in this configuration or not."""
        found: set[str] = set()
        pending, seen = [process], {process}
        while pending:
            name = pending.pop()
            for method in (m for i in self.root.everything() if (m := i.method(name)) is not None):
                labels, called = labels_and_calls(function_tree(method)[1])
                found |= labels
                pending += called - seen
                seen |= called
        return found
