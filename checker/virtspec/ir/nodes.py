"""The nodes of the intermediate representation: typed expressions and sequential statements.

All classes are frozen. Expressions are made only by `ir.build`, which checks types, folds constants and interns: two
equal expressions are one object, so `is` compares them and passes may memoise on them. Statements carry the place in
the source they come from; expressions do not (one expression may stand in many places).

Consumers take a union apart with `match` and close with `assert_never`, so that a new node breaks every one of them at
type-check time.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal, TypeAlias

from virtspec.ir.types import BOOL, SetType, TableType, Type, Value
from virtspec.source import NOWHERE, Span


class _Expr:
    """Base of expressions, for the docstring's sake: identity is equality, see `ir.build.intern`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Const(_Expr):
    """A canonical value of `type`."""

    value: Value
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Read(_Expr):
    """The whole value of a field. `before` is set in transition properties for the state that is left."""

    field: str
    type: Type
    before: bool = False


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Var(_Expr):
    """A parameter, a pick, a step-local variable or a bound variable. Names are unique within an action or property."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Index(_Expr):
    """`table[key]`; the key has the table's key type."""

    table: Expr
    key: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class MapUpdate(_Expr):
    """`table` with the entry at `key` replaced by `value`."""

    table: Expr
    key: Expr
    value: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class MapOf(_Expr):
    """The table that holds `body` at every value of `var`: `{var: body for var in K}`."""

    var: Var
    body: Expr
    type: TableType


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Get(_Expr):
    """A component of a record."""

    record: Expr
    name: str
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class MakeRecord(_Expr):
    """A record from its components in declaration order."""

    items: tuple[Expr, ...]
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Some(_Expr):
    """A value as an optional that is not None."""

    value: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Unwrap(_Expr):
    """The value of an optional. Partial: None faults."""

    option: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Narrow(_Expr):
    """An integer as a value of a smaller range. Partial: a value outside `type` faults."""

    value: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Not(_Expr):
    value: Expr
    type: Type = BOOL


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class And(_Expr):
    """Short-circuits from the left, as in Python."""

    items: tuple[Expr, ...]
    type: Type = BOOL


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Or(_Expr):
    """Short-circuits from the left, as in Python."""

    items: tuple[Expr, ...]
    type: Type = BOOL


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Eq(_Expr):
    """Equality of two values of one type, or of two integers."""

    left: Expr
    right: Expr
    type: Type = BOOL


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Lt(_Expr):
    left: Expr
    right: Expr
    type: Type = BOOL


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Le(_Expr):
    left: Expr
    right: Expr
    type: Type = BOOL


ArithOp: TypeAlias = Literal["+", "-", "*", "//", "%"]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Arith(_Expr):
    """Integer arithmetic without overflow; `//` and `%` round as in Python and fault on a divisor of 0.

    `type` is the interval the operands' intervals imply.
    """

    op: ArithOp
    left: Expr
    right: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Ite(_Expr):
    """`then if cond else orelse`; only the branch taken is evaluated."""

    cond: Expr
    then: Expr
    orelse: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Quant(_Expr):
    """`all`, `any` or the number of values of `var`'s type that satisfy `body`; short-circuits in value order."""

    kind: Literal["all", "any", "count"]
    var: Var
    body: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class In(_Expr):
    """Membership in a set or a sequence."""

    item: Expr
    collection: Expr
    type: Type = BOOL


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SetOp(_Expr):
    """Union, intersection, difference of two sets of one type; "<=" (subset) is Boolean."""

    op: Literal["|", "&", "-", "<="]
    left: Expr
    right: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SetOf(_Expr):
    """The values of `var`'s type that satisfy `body`: `{var for var in T if body}`."""

    var: Var
    body: Expr
    type: SetType


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SetLit(_Expr):
    """The set of exactly these items."""

    items: tuple[Expr, ...]
    type: SetType


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Len(_Expr):
    """How many members a set, or items a sequence, has."""

    collection: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SeqAt(_Expr):
    """The item at `index`, counted from the end if negative. Partial: outside the sequence faults."""

    seq: Expr
    index: Expr
    type: Type


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SeqOp(_Expr):
    """A sequence made from `seq`.

    append, appendleft: with `item` at the end, in front; partial: a full sequence faults.
    remove: without the first occurrence of `item`; partial: absent faults.
    init, tail: without the last, the first; partial: the empty sequence faults (`item` is None for these).
    """

    op: Literal["append", "appendleft", "remove", "init", "tail"]
    seq: Expr
    item: Expr | None
    type: Type


Expr: TypeAlias = (
    Const
    | Read
    | Var
    | Index
    | MapUpdate
    | MapOf
    | Get
    | MakeRecord
    | Some
    | Unwrap
    | Narrow
    | Not
    | And
    | Or
    | Eq
    | Lt
    | Le
    | Arith
    | Ite
    | Quant
    | In
    | SetOp
    | SetOf
    | SetLit
    | Len
    | SeqAt
    | SeqOp
)


@dataclass(frozen=True, slots=True)
class Assign:
    """`field[keys...] := value`; `keys` may be empty (the whole field)."""

    field: str
    keys: tuple[Expr, ...]
    value: Expr
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Let:
    """Bind, or bind again, a step-local variable; it lives until the end of the step."""

    var: Var
    value: Expr
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class If:
    cond: Expr
    then: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Require:
    """Where `cond` is false the whole step is disabled and nothing of it happens."""

    cond: Expr
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Choose:
    """Bind a step-local variable to any value of its type; the pick is recorded in traces."""

    var: Var
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """Ends the run in an error state, which is always a violation."""

    message: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Cost:
    """Marks the transition with one unit of `name`."""

    name: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


Stmt: TypeAlias = Assign | Let | If | Require | Choose | Fault | Cost
Block: TypeAlias = tuple[Stmt, ...]
