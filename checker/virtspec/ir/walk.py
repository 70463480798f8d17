"""Ways through expressions and statements: parts, walks in pre-order, rewriting, substitution.

Whatever is rebuilt is rebuilt by `ir.build`, so that constants that come to light fold away. An expression that turns
out to fault always (`Narrow` of a 4 to 0..3) is no mistake of the rewrite: it stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TypeVar, assert_never

from virtspec.ir import build
from virtspec.ir.nodes import (
    And,
    Arith,
    Assign,
    Block,
    Choose,
    Const,
    Cost,
    Eq,
    Expr,
    Fault,
    Get,
    If,
    In,
    Index,
    Ite,
    Le,
    Len,
    Let,
    Lt,
    MakeRecord,
    MapOf,
    MapUpdate,
    Narrow,
    Not,
    Or,
    Quant,
    Read,
    Require,
    SeqAt,
    SeqOp,
    SetLit,
    SetOf,
    SetOp,
    Some,
    Stmt,
    Unwrap,
    Var,
)
from virtspec.ir.system import System
from virtspec.ir.types import RecordType, Type, contains, is_int

Leaf = TypeVar("Leaf", bound=Var | Read)


def children(e: Expr) -> tuple[Expr, ...]:
    """The direct parts of `e`, left to right; a variable bound by `e` is not one of them."""
    match e:
        case Const() | Read() | Var():
            return ()
        case MakeRecord(items) | And(items) | Or(items) | SetLit(items):
            return items
        case Get(a) | Some(a) | Unwrap(a) | Narrow(a) | Not(a) | Len(a) | MapOf(_, a) | SetOf(_, a) | Quant(_, _, a):
            return (a,)
        case Index(a, b) | Eq(a, b) | Lt(a, b) | Le(a, b) | In(a, b) | SeqAt(a, b) | Arith(_, a, b) | SetOp(_, a, b):
            return (a, b)
        case MapUpdate(a, b, c) | Ite(a, b, c):
            return (a, b, c)
        case SeqOp(_, seq, item):
            return (seq,) if item is None else (seq, item)
        case _:
            assert_never(e)


def bound_var(e: Expr) -> Var | None:
    """The variable that `e` itself binds in its part, if it is a quantifier or a comprehension."""
    return e.var if isinstance(e, MapOf | SetOf | Quant) else None


def expressions(stmt: Stmt) -> tuple[Expr, ...]:
    """The expressions `stmt` itself evaluates, in order; of an `If`, only the condition."""
    match stmt:
        case Assign(_, keys, value):
            return (value, *keys)
        case Let(_, value):
            return (value,)
        case If(cond) | Require(cond):
            return (cond,)
        case Choose() | Fault() | Cost():
            return ()
        case _:
            assert_never(stmt)


def statements(body: Block) -> Iterator[Stmt]:
    """Every statement of `body`, pre-order: an `If` before its branches."""
    for stmt in body:
        yield stmt
        if isinstance(stmt, If):
            yield from statements(stmt.then)
            yield from statements(stmt.orelse)


def subexpressions(*roots: Expr) -> Iterator[Expr]:
    """The roots and everything below them, pre-order, each distinct expression once."""
    seen: set[Expr] = set()
    stack = list(reversed(roots))
    while stack:
        e = stack.pop()
        if e not in seen:
            seen.add(e)
            yield e
            stack.extend(reversed(children(e)))


def all_types(system: System) -> Iterator[Type]:
    """The type of everything a System declares, binds or computes: fields, runners, actions, properties."""
    yield from (f.type for f in system.fields)
    yield from (r.type for r in system.runners)
    roots: list[Expr] = []
    for a in system.actions:
        roots += a.params
        for stmt in statements(a.body):
            roots += [stmt.var] if isinstance(stmt, Let | Choose) else []
            roots += expressions(stmt)
    for e in subexpressions(*roots, *(p.expr for p in system.properties)):
        v = bound_var(e)
        yield from (e.type,) if v is None else (v.type, e.type)


def free_vars(e: Expr) -> tuple[Var, ...]:
    """The variables of `e` that nothing in `e` binds, each once, in order of appearance."""
    memo: dict[Expr, tuple[Var, ...]] = {}

    def go(node: Expr) -> tuple[Var, ...]:
        if isinstance(node, Var):
            return (node,)
        if node not in memo:
            below = dict.fromkeys(v for part in children(node) for v in go(part))
            memo[node] = tuple(v for v in below if v is not bound_var(node))
        return memo[node]

    return go(e)


# --- rebuilding ------------------------------------------------------------------------------------------------------


def construct(e: Expr, parts: tuple[Expr, ...]) -> Expr:
    """What `ir.build` makes of the kind of `e` and the given parts. Raises IllTyped if they do not fit together."""
    match e:
        case Const() | Read() | Var():
            return e
        case MapOf(v) | SetOf(v) | Quant(_, v):
            return _bind(e, v, *parts)
        case Index():
            return build.index(*parts)
        case MapUpdate():
            return build.map_update(*parts)
        case Get(_, name):
            return build.get(parts[0], name)
        case MakeRecord(_, t):
            assert isinstance(t, RecordType)
            return build.make_record(t, parts)
        case Some(_, t):
            return build.coerce(parts[0], t)
        case Unwrap() | Narrow():
            return _partial(e, *parts)
        case Not():
            return build.not_(*parts)
        case And():
            return build.and_(*parts)
        case Or():
            return build.or_(*parts)
        case Eq():
            return build.eq(*parts)
        case Lt():
            return build.lt(*parts)
        case Le():
            return build.le(*parts)
        case Arith():
            return _arith(e, *parts)
        case Ite():
            return build.ite(*parts)
        case In():
            return build.contains_item(*parts)
        case SetOp(op):
            return build.set_op(op, *parts)
        case SetLit(_, t):
            return build.set_lit(t, parts)
        case Len():
            return build.length(*parts)
        case SeqAt():
            return build.seq_at(*parts)
        case SeqOp(op):
            return build.seq_op(op, *parts)
        case _:
            assert_never(e)


def _bind(e: MapOf | SetOf | Quant, v: Var, body: Expr) -> Expr:
    match e:
        case MapOf(_, _, t):
            return build.coerce(build.map_of(v, body), t)
        case SetOf():
            return build.set_of(v, body)
        case Quant(kind):
            return build.quant(kind, v, body)
        case _:
            assert_never(e)


def _partial(e: Unwrap | Narrow, value: Expr) -> Expr:
    match e:
        case Unwrap(_, t):
            always_faults = isinstance(value, Const) and value.value is None
            return build.intern(Unwrap(value, t)) if always_faults else build.unwrap(value)
        case Narrow(_, t):
            always_faults = isinstance(value, Const) and is_int(value.type) and not contains(t, value.value)
            return build.intern(Narrow(value, t)) if always_faults else build.coerce(value, t)
        case _:
            assert_never(e)


def _arith(e: Arith, a: Expr, b: Expr) -> Expr:
    if e.op in ("//", "%") and build.interval(b) == (0, 0):  # always faults
        return build.intern(Arith(e.op, a, b, e.type))
    return build.arith(e.op, a, b)


def rebuild(e: Expr, parts: tuple[Expr, ...]) -> Expr:
    """`e` with other parts: `e` itself if they are the same, else what `construct` makes of them."""
    same = all(new is old for new, old in zip(parts, children(e), strict=True))
    return e if same else construct(e, parts)


def rewrite(e: Expr, f: Callable[[Expr], Expr]) -> Expr:
    """`e` with every part, then `e` itself, replaced by what `f` makes of it; `f` sees each distinct part once."""
    memo: dict[Expr, Expr] = {}

    def go(node: Expr) -> Expr:
        if node not in memo:
            memo[node] = f(rebuild(node, tuple(map(go, children(node)))))
        return memo[node]

    return go(e)


# --- substitution ----------------------------------------------------------------------------------------------------


def substitute(e: Expr, replacements: Mapping[Leaf, Expr]) -> Expr:
    """`e` with free variables, or reads of fields, replaced all at once.

    A bound variable is renamed where a replacement that comes below it uses its name, so that nothing is captured and
    no name is bound twice on one path.
    """
    leaves: dict[Expr, Expr] = {leaf: new for leaf, new in replacements.items() if leaf is not new}
    return _substitute(e, leaves) if leaves else e


def substitute_reads(e: Expr, values: Mapping[str, Expr]) -> Expr:
    """`e` with every read of a field of the current state (not of the one before) replaced by its value in `values`."""
    reads = [x for x in subexpressions(e) if isinstance(x, Read) and not x.before and x.field in values]
    return substitute(e, {x: values[x.field] for x in reads})


def renamed_apart(e: Expr, taken: Collection[str]) -> Expr:
    """`e`, where bound variables have other names than those taken, so that it may stand where these are bound."""
    names = _names([e]).union(taken)

    def renamed(node: Expr) -> Expr:
        match node:
            case MapOf(v, body) | SetOf(v, body) | Quant(_, v, body) if v.name in taken:
                fresh = build.var(unused(v.name, names), v.type)
                return _bind(node, fresh, _substitute(body, {v: fresh}))
            case _:
                return node

    return rewrite(e, renamed)


def _substitute(e: Expr, leaves: Mapping[Expr, Expr]) -> Expr:
    memo: dict[Expr, Expr] = {}

    def go(node: Expr) -> Expr:
        if node not in memo:
            memo[node] = step(node)
        return memo[node]

    def step(node: Expr) -> Expr:
        match node:
            case Var() | Read():
                return leaves.get(node, node)
            case MapOf(v, body) | SetOf(v, body) | Quant(_, v, body):
                return _substitute_under(node, v, body, leaves)
            case _:
                return rebuild(node, tuple(map(go, children(node))))

    return go(e)


def _substitute_under(e: MapOf | SetOf | Quant, v: Var, body: Expr, leaves: Mapping[Expr, Expr]) -> Expr:
    inside = {leaf: leaves[leaf] for leaf in subexpressions(body) if leaf in leaves and leaf is not v}
    if not inside:
        return e
    taken = _names(inside.values())
    if v.name not in taken:
        return _bind(e, v, _substitute(body, inside))
    renamed = build.var(unused(v.name, taken | _names([body])), v.type)
    return _bind(e, renamed, _substitute(body, {**inside, v: renamed}))


def _names(roots: Iterable[Expr]) -> set[str]:
    """The names of all variables below `roots`, free and bound."""
    found = [bound_var(e) or e for e in subexpressions(*roots)]
    return {v.name for v in found if isinstance(v, Var)}


def unused(name: str, taken: Iterable[str]) -> str:
    """`name`, or `name` with the first number that makes it differ from all of `taken`."""
    taken = set(taken)
    number = 2
    fresh = name
    while fresh in taken:
        fresh = f"{name}'{number}"
        number += 1
    return fresh
