"""The System: fields, actions and properties of a specification in one configuration. All an engine ever sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from virtspec.ir.budget import Budget
from virtspec.ir.nodes import Block, Expr, Var
from virtspec.ir.temporal import CanReach, Formula
from virtspec.ir.types import EnumType, ScalarsetType, Type, Value, is_any, show
from virtspec.source import NOWHERE, Span

Fairness: TypeAlias = Literal["none", "weak", "strong"]


@dataclass(frozen=True, slots=True)
class Field:
    """A state variable with its initial value. `role` tells apart what the author declared from what the compiler added."""

    name: str
    type: Type
    init: Value
    role: Literal["shared", "pc", "local"] = "shared"
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Runner:
    """Who runs processes: the type whose members are each idle or inside one call, and where its program counter lies."""

    type: Type
    pc: str
    locations: EnumType
    processes: tuple[str, ...]
    """Names of the processes its members may call."""

    @property
    def idle(self) -> str:
        return self.locations.members[0]


@dataclass(frozen=True, slots=True)
class Action:
    """One atomic guarded step.

    `params` are chosen freely when the step is taken; the first is the runner's member for a process step. The body's
    first statement is the guard on the program counter, if there is one.
    """

    name: str
    params: tuple[Var, ...]
    body: Block
    process: str | None = None
    """The process it is a step of; None for an action of the environment."""
    location: str | None = None
    """The program counter at which it is enabled; None for an action of the environment."""
    fair: Fairness = "none"
    exceptions: tuple[tuple[Value, Fairness], ...] = ()
    """Members that are treated otherwise than `fair` says."""
    atomic: str | None = None
    """The author's reason for touching shared state more than once in this step."""
    span: Span = field(default=NOWHERE, compare=False)

    def fair_to(self, who: Value | None) -> Fairness:
        """How a member must be treated that can take the step; None for an action of the environment."""
        return next((fair for member, fair in self.exceptions if member == who), self.fair)

    @property
    def duty(self) -> str:
        """What its fairness is declared for: an action, the steps of a process, or beginning that."""
        if self.process is None:
            return self.name
        return f"{self.process}.begin" if self.name == self.process else self.process


PropertyKind: TypeAlias = Literal["invariant", "transition", "reachable"]


@dataclass(frozen=True, slots=True)
class Property:
    """A closed Boolean expression over one state (invariant, reachable) or two (transition)."""

    id: str
    name: str
    kind: PropertyKind
    expr: Expr
    doc: str = ""
    source: str = ""
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Faultless:
    """No step runs into a fault with one of these messages."""

    id: str
    name: str
    messages: tuple[str, ...]
    doc: str = ""
    source: str = ""
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def kind(self) -> Literal["faultless"]:
        return "faultless"


@dataclass(frozen=True, slots=True)
class Instance:
    """A temporal property for one choice of its parameters: a formula whose atoms are the numbers of `claims`."""

    values: tuple[tuple[str, str], ...]
    """The parameters with their values, as text."""
    formula: Formula | CanReach
    claims: tuple[Expr, ...]
    """Closed Boolean expressions over one state."""
    triggers: tuple[int, ...] = ()
    """The claims without which the formula asks for nothing: what leads to something."""


@dataclass(frozen=True, slots=True)
class Temporal:
    """A property of every fair behaviour; it holds if all its instances do."""

    id: str
    name: str
    instances: tuple[Instance, ...]
    doc: str = ""
    source: str = ""
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def kind(self) -> Literal["temporal"]:
        return "temporal"


Declared: TypeAlias = Property | Faultless | Temporal | Budget


@dataclass(frozen=True)
class System:
    """A specification in one configuration."""

    name: str
    config: tuple[tuple[str, str], ...]
    """Every constant and every Scalarset size by name, as text, in order of declaration."""
    fields: tuple[Field, ...]
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    runners: tuple[Runner, ...] = ()
    doc: str = ""
    span: Span = field(default=NOWHERE, compare=False)
    temporal: tuple[Temporal, ...] = ()
    budgets: tuple[Budget, ...] = ()
    faultless: tuple[Faultless, ...] = ()

    @cached_property
    def fairness(self) -> Mapping[str, Fairness]:
        """The processes and actions that must be treated fairly, and under "name.member" the members that are excepted."""
        found: dict[str, Fairness] = {}
        for a in self.actions:
            if a.fair != "none":
                found[a.duty] = a.fair
            found.update({f"{a.duty}.{show(a.params[0].type, who)}": fair for who, fair in a.exceptions})
        return found

    @cached_property
    def declared(self) -> Mapping[str, Declared]:
        """All properties by id, those of behaviours last."""
        found: list[Declared] = [*self.properties, *self.faultless, *self.temporal, *self.budgets]
        return {p.id: p for p in found}

    def naming(self, message: str) -> tuple[Faultless, ...]:
        """The properties that name the faults with this message; what none names is the matter of `fault`."""
        return tuple(p for p in self.faultless if message in p.messages)

    @cached_property
    def init(self) -> tuple[Value, ...]:
        """The initial state: the fields' initial values in order."""
        return tuple(f.init for f in self.fields)

    @cached_property
    def field_index(self) -> dict[str, int]:
        return {f.name: i for i, f in enumerate(self.fields)}

    def field_type(self, name: str) -> Type:
        return self.fields[self.field_index[name]].type

    @cached_property
    def _actions(self) -> dict[str, Action]:
        return {a.name: a for a in self.actions}

    def action(self, name: str) -> Action:
        """The action of that name. Raises KeyError."""
        return self._actions[name]

    @cached_property
    def endless(self) -> tuple[str, ...]:
        """The scalarsets of any size, by name: only a solver takes a system that has some."""
        from virtspec.ir.text import types_used

        return tuple(t.name for t in types_used(self) if isinstance(t, ScalarsetType) and is_any(t))

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with anything that changes the behaviour or the properties."""
        from virtspec.ir.text import fingerprint

        return fingerprint(self)
