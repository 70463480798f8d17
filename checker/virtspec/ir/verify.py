"""What makes a System legal: a table of rules, run after every pass under test.

A System that breaks one is a mistake of virtspec, never of an author: the front end refuses an ill-formed specification
with a diagnostic of its own. Each rule is a function that yields one sentence per violation; rules do not rely on each
other, so one defect may break several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import assert_never

from virtspec.errors import InternalError
from virtspec.ir.build import IllTyped
from virtspec.ir.nodes import Assign, Block, Choose, Const, Cost, Expr, Fault, If, Let, Read, Require, Var
from virtspec.ir.system import Action, System
from virtspec.ir.text import expr_text, types_used
from virtspec.ir.types import (
    BoolType,
    EnumType,
    IntType,
    ModType,
    OptionType,
    RecordType,
    ScalarsetType,
    SeqType,
    SetType,
    TableType,
    Type,
    bounds,
    contains,
    is_int,
    is_scalar,
)
from virtspec.ir.verify_steps import Complaints, jumps, live_locations, process_steps, program_counters
from virtspec.ir.walk import (
    all_types,
    bound_var,
    children,
    construct,
    expressions,
    free_vars,
    statements,
    subexpressions,
)


def verify(system: System) -> None:
    """Check `system` against every rule of RULES. Raises InternalError that lists all violations."""
    found = [f"  {name}: {complaint}" for name, rule in RULES.items() for complaint in rule(system)]
    if found:
        raise InternalError("\n".join([f"system {system.name} is malformed", *found]))


def fits(have: Type, want: Type) -> bool:
    """Whether every value of `have` can be stored as a `want` unchanged: the same type, or a narrower integer type."""
    if have == want:
        return True
    if not (is_int(have) and is_int(want)):
        return False
    (lo, hi), (want_lo, want_hi) = bounds(have), bounds(want)
    return want_lo <= lo and hi <= want_hi


# --- where expressions stand -----------------------------------------------------------------------------------------


def _roots(system: System) -> Iterator[tuple[str, Expr]]:
    """Every expression a statement or a property holds, and who holds it."""
    for a in system.actions:
        for stmt in statements(a.body):
            for e in expressions(stmt):
                yield f"action {a.name}", e
    yield from _judged(system)


def _judged(system: System) -> Iterator[tuple[str, Expr]]:
    """The expressions of properties."""
    for p in system.properties:
        yield f"property {p.id}", p.expr
    for t in system.temporal:
        for instance in t.instances:
            for e in instance.claims:
                yield f"property {t.id}", e
    for b in system.budgets:
        for allowance in b.allowances:
            for e in allowance.stretch.claims:
                yield f"property {b.id}", e


def _parts(system: System) -> Iterator[tuple[str, Expr]]:
    """Every expression and sub-expression, and who holds it."""
    for where, root in _roots(system):
        for e in subexpressions(root):
            yield where, e


def _own_vars(action: Action) -> Iterator[Var]:
    """What the action binds for its whole step: parameters, picks, step-local variables."""
    yield from action.params
    for stmt in statements(action.body):
        if isinstance(stmt, Let | Choose):
            yield stmt.var


def _repeated(names: Iterable[str]) -> list[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    return [name for name, times in seen.items() if times > 1]


# --- declarations ----------------------------------------------------------------------------------------------------


def unique_names(system: System) -> Complaints:
    """Fields, actions, property ids, constants, processes, and the parameters of one action differ in name."""
    groups: list[tuple[str, Iterable[str]]] = [
        ("fields", (f.name for f in system.fields)),
        ("actions", (a.name for a in system.actions)),
        (
            "properties",
            (p.id for group in (system.properties, system.faultless, system.temporal, system.budgets) for p in group),
        ),
        ("constants", (name for name, _ in system.config)),
        ("processes", (p for r in system.runners for p in r.processes)),
        *((f"parameters of {a.name}", (v.name for v in a.params)) for a in system.actions),
    ]
    for what, names in groups:
        for name in _repeated(names):
            yield f"two {what} are called {name}"


def named_types(system: System) -> Complaints:
    """One name, one type: no two enums, records or scalarsets of one name differ."""
    for name in _repeated(t.name for t in types_used(system)):
        yield f"two types are called {name}"


def sound_types(system: System) -> Complaints:
    """No type is empty, members and components have names of their own, keys and set members are scalar, optionals do
    not nest.
    """
    complaints = (c for t in dict.fromkeys(all_types(system)) for c in _type_complaints(t))
    yield from dict.fromkeys(complaints)


def _type_complaints(t: Type) -> Complaints:
    match t:
        case BoolType():
            pass
        case IntType(lo, hi):
            if lo > hi:
                yield f"{t} is empty"
        case ModType(size) | ScalarsetType(_, size):
            if size < 1:
                yield f"{t} is empty"
        case EnumType(name, members):
            if not members or _repeated(members):
                yield f"enum {name} has no members, or one of them twice"
        case OptionType(of):
            if isinstance(of, OptionType):
                yield f"{t} has two values None"
            yield from _type_complaints(of)
        case TableType(key, value):
            if not is_scalar(key):
                yield f"{key} cannot be a key"
            yield from _type_complaints(key)
            yield from _type_complaints(value)
        case SetType(of):
            if not is_scalar(of):
                yield f"{of} cannot be the type of set members"
            yield from _type_complaints(of)
        case SeqType(of, cap):
            if cap < 0:
                yield f"{t} has a negative capacity"
            yield from _type_complaints(of)
        case RecordType(name, fields):
            if _repeated(n for n, _ in fields):
                yield f"record {name} has a component twice"
            for _, component in fields:
                yield from _type_complaints(component)
        case _:
            assert_never(t)


def initial_values(system: System) -> Complaints:
    """Each field starts with a canonical value of its type."""
    for f in system.fields:
        if not contains(f.type, f.init):
            yield f"{f.init!r} is not a value of {f.type}, the type of {f.name}"


# --- expressions -----------------------------------------------------------------------------------------------------


def reads(system: System) -> Complaints:
    """Every `Read` names a field and has its type."""
    for where, e in _parts(system):
        if isinstance(e, Read):
            if e.field not in system.field_index:
                yield f"{where} reads {e.field}, which is no field"
            elif e.type != system.field_type(e.field):
                yield f"{where} reads {e.field} as {e.type}"


def before(system: System) -> Complaints:
    """Only transition properties look at the state before."""
    two_states = {f"property {p.id}" for p in system.properties if p.kind == "transition"}
    for where, e in _parts(system):
        if isinstance(e, Read) and e.before and where not in two_states:
            yield f"{where} reads {expr_text(e)}"


def well_typed(system: System) -> Complaints:
    """Every node is one `ir.build` would make: its parts fit together and give its type, constants are canonical."""
    for where, e in _parts(system):
        if isinstance(e, Const):
            if not contains(e.type, e.value):
                yield f"{where}: {e.value!r} is not a value of {e.type}"
            continue
        try:
            made = construct(e, children(e))
        except IllTyped as why:
            yield f"{where}: {type(e).__name__} is ill-typed: {why}"
            continue
        if not fits(made.type, e.type):
            yield f"{where}: {expr_text(e)} is marked {e.type}, but it is {made.type}"


def scalar_domains(system: System) -> Complaints:
    """Parameters, picks and quantified variables run through scalar types."""
    for a in system.actions:
        for v in a.params:
            if not is_scalar(v.type):
                yield f"action {a.name}: parameter {v.name} is a {v.type}"
        for stmt in statements(a.body):
            if isinstance(stmt, Choose) and not is_scalar(stmt.var.type):
                yield f"action {a.name}: pick {stmt.var.name} is a {stmt.var.type}"
    for where, e in _parts(system):
        bound = bound_var(e)
        if bound is not None and not is_scalar(bound.type):
            yield f"{where}: bound variable {bound.name} is a {bound.type}"


# --- variables -------------------------------------------------------------------------------------------------------


def bound_variables(system: System) -> Complaints:
    """Every variable is bound where it is used: a parameter, or assigned on every path that leads there."""
    for a in system.actions:
        complaints: list[str] = []
        _flow(a.body, frozenset(a.params), complaints)
        yield from (f"action {a.name}: {c}" for c in complaints)


def _flow(body: Block, known: frozenset[Var], complaints: list[str]) -> frozenset[Var] | None:
    """The variables bound after `body`, or None if its end cannot be reached."""
    now: frozenset[Var] | None = known
    for stmt in body:
        if now is None:
            return None  # what follows a fault never runs
        for e in expressions(stmt):
            complaints += [f"{v.name} may be unbound in {expr_text(e)}" for v in free_vars(e) if v not in now]
        match stmt:
            case Let(v) | Choose(v):
                now |= {v}
            case If(_, then, orelse):
                one, other = _flow(then, now, complaints), _flow(orelse, now, complaints)
                now = one & other if one is not None and other is not None else (other if one is None else one)
            case Fault():
                now = None
            case Assign() | Require() | Cost():
                pass
            case _:
                assert_never(stmt)
    return now


def no_shadowing(system: System) -> Complaints:
    """A bound variable has the name of no variable around it: none of the action's, none of an enclosing binder's."""
    for a in system.actions:
        own = frozenset(v.name for v in _own_vars(a))
        for stmt in statements(a.body):
            for e in expressions(stmt):
                yield from (f"action {a.name}: {c}" for c in _shadowed(e, own, set()))
    for where, judged in _judged(system):
        yield from (f"{where}: {c}" for c in _shadowed(judged, frozenset(), set()))


def _shadowed(e: Expr, around: frozenset[str], seen: set[tuple[Expr, frozenset[str]]]) -> Complaints:
    """`seen` holds what was looked at: expressions share their parts."""
    if (e, around) in seen:
        return
    seen.add((e, around))
    v = bound_var(e)
    if v is not None:
        if v.name in around:
            yield f"{v.name} is bound again in {expr_text(e)}"
        around |= {v.name}
    for part in children(e):
        yield from _shadowed(part, around, seen)


def one_type_per_name(system: System) -> Complaints:
    """Within an action a name keeps its type, however often it is bound again."""
    for a in system.actions:
        for name in _repeated(v.name for v in dict.fromkeys(_own_vars(a))):
            yield f"action {a.name}: {name} is bound with two types"


# --- statements ------------------------------------------------------------------------------------------------------


def assignments(system: System) -> Complaints:
    """Keys and value of an assignment fit the field's type; the value of a `Let` fits the variable's."""
    for a in system.actions:
        for stmt in statements(a.body):
            if isinstance(stmt, Let) and not fits(stmt.value.type, stmt.var.type):
                yield f"action {a.name}: {stmt.var.name}, a {stmt.var.type}, is given a {stmt.value.type}"
            if isinstance(stmt, Assign):
                yield from (f"action {a.name}: {c}" for c in _assignment(system, stmt))


def _assignment(system: System, stmt: Assign) -> Complaints:
    if stmt.field not in system.field_index:
        yield f"{stmt.field} is assigned, which is no field"
        return
    target = system.field_type(stmt.field)
    for key in stmt.keys:
        if not isinstance(target, TableType):
            yield f"{stmt.field} is indexed too deep: {target} has no entries"
            return
        if not fits(key.type, target.key):
            yield f"{stmt.field} is indexed by a {key.type} in place of a {target.key}"
        target = target.value
    if not fits(stmt.value.type, target):
        yield f"{stmt.field}, there a {target}, is given a {stmt.value.type}"


def conditions(system: System) -> Complaints:
    """What an `If` or a `Require` tests is Boolean."""
    for a in system.actions:
        for stmt in statements(a.body):
            if isinstance(stmt, If | Require) and not isinstance(stmt.cond.type, BoolType):
                yield f"action {a.name} tests {expr_text(stmt.cond)}, a {stmt.cond.type}"


def closed_properties(system: System) -> Complaints:
    """Properties are Boolean and have no free variables."""
    for where, e in _judged(system):
        if not isinstance(e.type, BoolType):
            yield f"{where} is a {e.type}"
        for v in free_vars(e):
            yield f"{where} leaves {v.name} free"


RULES: dict[str, Callable[[System], Complaints]] = {
    "unique names": unique_names,
    "named types": named_types,
    "sound types": sound_types,
    "initial values": initial_values,
    "reads": reads,
    "before": before,
    "well typed": well_typed,
    "scalar domains": scalar_domains,
    "bound variables": bound_variables,
    "no shadowing": no_shadowing,
    "one type per name": one_type_per_name,
    "assignments": assignments,
    "conditions": conditions,
    "closed properties": closed_properties,
    "program counters": program_counters,
    "process steps": process_steps,
    "live locations": live_locations,
    "jumps": jumps,
}
"""The rules by name, in the order of their complaints. The docstring of each states what is legal."""
