"""The only maker of expressions: checks types, inserts coercions, folds constants, interns.

A constructor either returns a well-typed expression or raises `IllTyped`, whose text says what was expected; the front
end turns that into a diagnostic at the place it is working on. Folding is limited to what makes the configuration's
constants disappear: operators on constants, neutral elements, branches on a constant.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from virtspec.ir.nodes import (
    Const,
    Expr,
    Get,
    In,
    Index,
    Len,
    MakeRecord,
    MapOf,
    MapUpdate,
    Quant,
    SeqAt,
    SeqOp,
    SetLit,
    SetOf,
    SetOp,
    Var,
)
from virtspec.ir.scalars import (
    FALSE,
    TRUE,
    IllTyped,
    and_,
    arith,
    boolean,
    coerce,
    common_type,
    const,
    eq,
    fits,
    implies,
    int_range,
    integer,
    intern,
    interval,
    ite,
    le,
    lt,
    need_bool,
    need_int,
    not_,
    optional,
    or_,
    read,
    total,
    unwrap,
    var,
)
from virtspec.ir.types import (
    BOOL,
    IntType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    TableType,
    bounds,
    cardinality,
    is_int,
    is_scalar,
    ordinal,
    show,
)

__all__ = [
    "FALSE",
    "TRUE",
    "IllTyped",
    "and_",
    "arith",
    "boolean",
    "coerce",
    "common_type",
    "const",
    "contains_item",
    "describe",
    "eq",
    "fits",
    "get",
    "implies",
    "index",
    "int_range",
    "integer",
    "intern",
    "interval",
    "ite",
    "le",
    "length",
    "lt",
    "make_record",
    "map_of",
    "map_update",
    "not_",
    "optional",
    "or_",
    "quant",
    "read",
    "seq_at",
    "seq_op",
    "set_lit",
    "set_of",
    "set_op",
    "total",
    "unwrap",
    "var",
]

# --- tables and records -----------------------------------------------------------------------------------------------


def index(table: Expr, key: Expr) -> Expr:
    if not isinstance(table.type, TableType):
        raise IllTyped(f"{table.type} cannot be indexed")
    key = coerce(key, table.type.key)
    if isinstance(table, Const) and isinstance(key, Const):
        assert isinstance(table.value, tuple)
        return const(table.value[ordinal(table.type.key, key.value)], table.type.value)
    if isinstance(table, MapUpdate) and table.key is key and total(table.table) and total(key):
        return table.value
    return intern(Index(table, key, table.type.value))


def map_update(table: Expr, key: Expr, value: Expr) -> Expr:
    if not isinstance(table.type, TableType):
        raise IllTyped(f"{table.type} cannot be indexed")
    key, value = coerce(key, table.type.key), coerce(value, table.type.value)
    return intern(MapUpdate(table, key, value, table.type))


def map_of(v: Var, body: Expr) -> Expr:
    if not is_scalar(v.type):
        raise IllTyped(f"{v.type} cannot be the key of a dict")
    return intern(MapOf(v, body, TableType(v.type, body.type)))


def get(record: Expr, name: str) -> Expr:
    if isinstance(record.type, OptionType):
        record = unwrap(record)
    if not isinstance(record.type, RecordType):
        raise IllTyped(f"{record.type} has no component {name!r}")
    for i, (field, t) in enumerate(record.type.fields):
        if field == name:
            if isinstance(record, MakeRecord) and all(map(total, record.items[:i] + record.items[i + 1 :])):
                return record.items[i]
            if isinstance(record, Const):
                assert isinstance(record.value, tuple)
                return const(record.value[i], t)
            return intern(Get(record, name, t))
    raise IllTyped(f"{record.type} has no component {name!r}", "known: " + ", ".join(n for n, _ in record.type.fields))


def make_record(t: RecordType, items: Iterable[Expr]) -> Expr:
    checked = tuple(coerce(e, ft) for e, (_, ft) in zip(items, t.fields, strict=True))
    if all(isinstance(e, Const) for e in checked):
        return const(tuple(e.value for e in checked if isinstance(e, Const)), t)
    return intern(MakeRecord(checked, t))


# --- quantifiers, sets, sequences -------------------------------------------------------------------------------------


def quant(kind: Literal["all", "any", "count"], v: Var, body: Expr) -> Expr:
    if not is_scalar(v.type):
        raise IllTyped(f"{v.type} is no domain to run through")
    need_bool(body)
    if isinstance(body, Const) and kind != "count":
        return body  # no type is empty
    t = IntType(0, cardinality(v.type)) if kind == "count" else BOOL
    return intern(Quant(kind, v, body, t))


def contains_item(item: Expr, collection: Expr) -> Expr:
    match collection.type:
        case SetType(of) | SeqType(of, _):
            if isinstance(item.type, OptionType) and not isinstance(of, OptionType):
                return and_(not_(eq(item, const(None, item.type))), contains_item(unwrap(item), collection))
            if is_int(of) and is_int(item.type):
                lo, hi = bounds(of)
                if not (lo <= interval(item)[0] and interval(item)[1] <= hi):
                    inside = and_(le(integer(lo), item), le(item, integer(hi)))
                    return and_(inside, intern(In(item, collection)))
                return intern(In(item, collection))
            return intern(In(coerce(item, of), collection))
        case _:
            raise IllTyped(f"`in` needs a set or a Seq, found {collection.type}")


def set_op(op: Literal["|", "&", "-", "<="], a: Expr, b: Expr) -> Expr:
    if not isinstance(a.type, SetType):
        raise IllTyped(f"expected a set, found {a.type}")
    b = coerce(b, a.type)
    return intern(SetOp(op, a, b, BOOL if op == "<=" else a.type))


def set_of(v: Var, body: Expr) -> Expr:
    if not is_scalar(v.type):
        raise IllTyped(f"{v.type} cannot be the type of set members")
    need_bool(body)
    return intern(SetOf(v, body, SetType(v.type)))


def set_lit(t: SetType, items: Iterable[Expr]) -> Expr:
    checked = tuple(coerce(e, t.of) for e in items)
    if all(isinstance(e, Const) for e in checked):
        return const(frozenset(e.value for e in checked if isinstance(e, Const)), t)
    return intern(SetLit(checked, t))


def length(e: Expr) -> Expr:
    match e.type:
        case SetType(of):
            return intern(Len(e, IntType(0, cardinality(of))))
        case SeqType(_, cap):
            return intern(Len(e, IntType(0, cap)))
        case _:
            raise IllTyped(f"{e.type} has no length")


def seq_at(seq: Expr, i: Expr) -> Expr:
    if not isinstance(seq.type, SeqType):
        raise IllTyped(f"expected a Seq, found {seq.type}")
    return intern(SeqAt(seq, need_int(i), seq.type.of))


def seq_op(op: Literal["append", "appendleft", "remove", "init", "tail"], seq: Expr, item: Expr | None = None) -> Expr:
    if not isinstance(seq.type, SeqType):
        raise IllTyped(f"expected a Seq, found {seq.type}")
    if (item is None) != (op in ("init", "tail")):
        raise IllTyped(f"{op} takes {'no' if item is not None else 'one'} item")
    return intern(SeqOp(op, seq, None if item is None else coerce(item, seq.type.of), seq.type))


def describe(e: Const) -> str:
    """The text of a constant."""
    return show(e.type, e.value)
