"""A System, a statement or an expression as text, the same text every time.

Two readers: people, who get a guarded-command listing with expressions written as in Python; and `fingerprint`, which
gets the same listing in an explicit form: partial operations are spelled out, names of fields, variables and constants
cannot be mistaken for each other, and what does not bear on the behaviour (author's reasons) is left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import assert_never

from virtspec.ir.budget import Between, Budget, Occurrence, Stretch, WholeRun
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
from virtspec.ir.system import Action, Faultless, Field, Property, Runner, System, Temporal
from virtspec.ir.types import (
    EnumType,
    OptionType,
    RecordType,
    ScalarsetType,
    SeqType,
    SetType,
    TableType,
    Type,
    show,
)
from virtspec.ir.walk import all_types

INDENT = "  "

# How tightly a form binds, as in Python's grammar.
TERNARY, OR, AND, NOT, COMPARE, UNION, INTERSECT, SUM, PRODUCT, POSTFIX = range(10)
_BINARY = {"|": UNION, "&": INTERSECT, "+": SUM, "-": SUM, "*": PRODUCT, "//": PRODUCT, "%": PRODUCT, "<=": COMPARE}


def expr_text(e: Expr, explicit: bool = False) -> str:
    """`e` as Python would write it, with no parentheses but the needed ones.

    `owner[d] == None and not busy`, `all(dev[d] == FREE for d in Slot)`, `old.x` for a value before the step. What only
    the types say (`Narrow`, `Unwrap`, `Some`) is left unsaid unless `explicit`.
    """
    return _Printer(explicit).text(e)


class _Printer:
    """Expressions to text, in one of the two forms."""

    def __init__(self, explicit: bool) -> None:
        self.explicit = explicit

    def text(self, e: Expr, level: int = TERNARY) -> str:
        """`e`, in parentheses if it binds less tightly than `level`."""
        if isinstance(e, Some | Unwrap | Narrow) and not self.explicit:
            return self.text(e.option if isinstance(e, Unwrap) else e.value, level)
        text, own = self.form(e)
        return text if own >= level else f"({text})"

    def form(self, e: Expr) -> tuple[str, int]:
        """The text of `e` and how tightly it binds."""
        match e:
            case Const() | Read() | Var():
                return self.leaf(e)
            case Not() | And() | Or() | Eq() | Lt() | Le() | In() | Ite():
                return self.logic(e)
            case Arith(op, a, b) | SetOp(op, a, b):
                return self.binary(a, op, b, _BINARY[op])
            case Some(a) | Unwrap(a) | Narrow(a):
                return self.conversion(e, a), POSTFIX
            case Index(a, b) | SeqAt(a, b):
                return f"{self.text(a, POSTFIX)}[{self.text(b)}]", POSTFIX
            case Get(record, name):
                return f"{self.text(record, POSTFIX)}.{name}", POSTFIX
            case Len(collection):
                return f"len({self.text(collection)})", POSTFIX
            case MakeRecord(items, t):
                assert isinstance(t, RecordType)
                parts = [f"{n}={self.text(x)}" for (n, _), x in zip(t.fields, items, strict=True)]
                return f"{t.name}({', '.join(parts)})", POSTFIX
            case SetLit(items):
                return "{" + ", ".join(map(self.text, items)) + "}", POSTFIX
            case MapUpdate(table, key, value):
                return f"{{**{self.text(table, UNION)}, {self.text(key)}: {self.text(value)}}}", POSTFIX
            case MapOf(v, body):
                return f"{{{v.name}: {self.text(body)} for {v.name} in {v.type}}}", POSTFIX
            case SetOf(v, body):
                return f"{{{v.name} for {v.name} in {v.type} if {self.text(body, OR)}}}", POSTFIX
            case Quant(kind, v, body):
                return f"{kind}({self.text(body)} for {v.name} in {v.type})", POSTFIX
            case SeqOp():
                return self.sequence(e)
            case _:
                assert_never(e)

    def leaf(self, e: Const | Read | Var) -> tuple[str, int]:
        match e:
            case Const(value, t):
                return ("#" if self.explicit else "") + show(t, value), POSTFIX
            case Read(name, _, before):
                field = f"@{name}" if self.explicit else name
                return f"old.{field}" if before else field, POSTFIX
            case Var(name):
                return name, POSTFIX
            case _:
                assert_never(e)

    def logic(self, e: Not | And | Or | Eq | Lt | Le | In | Ite) -> tuple[str, int]:
        match e:
            case Not(Eq(a, b)):
                return self.binary(a, "!=", b, COMPARE)
            case Not(In(a, b)):
                return self.binary(a, "not in", b, COMPARE)
            case Not(a):
                return f"not {self.text(a, NOT)}", NOT
            case And(items):
                return " and ".join(self.text(x, AND + 1) for x in items), AND
            case Or(items):
                return self.alternatives(items)
            case Eq(a, b):
                return self.binary(a, "==", b, COMPARE)
            case Lt(a, b):
                return self.binary(a, "<", b, COMPARE)
            case Le(a, b):
                return self.binary(a, "<=", b, COMPARE)
            case In(a, b):
                return self.binary(a, "in", b, COMPARE)
            case Ite(cond, then, orelse):
                return f"{self.text(then, OR)} if {self.text(cond, OR)} else {self.text(orelse)}", TERNARY
            case _:
                assert_never(e)

    def alternatives(self, items: tuple[Expr, ...]) -> tuple[str, int]:
        """A disjunction; in the light form, three and more members of one enum are a set, or all but what is missing."""
        parts: dict[Expr, list[str]] = {}
        for item in items:
            match item:
                case Eq(left, Const(str(member), EnumType())) if not self.explicit:
                    parts.setdefault(left, []).append(member)
                case _:
                    parts[item] = []
        texts = [text for e, members in parts.items() for text in self.one_of(e, members)]
        if len(texts) == 1:
            return texts[0]
        return " or ".join(text if level > OR else f"({text})" for text, level in texts), OR

    def one_of(self, e: Expr, members: list[str]) -> list[tuple[str, int]]:
        """`e` where no members are given, else that it is one of these."""
        if not members:
            return [(self.text(e, OR + 1), OR + 1)]
        left = self.text(e, COMPARE + 1)
        if len(members) < 3:
            return [(f"{left} == {member}", COMPARE) for member in members]
        assert isinstance(e.type, EnumType)
        others = [m for m in e.type.members if m not in members]
        if len(others) == 1:
            return [(f"{left} != {others[0]}", COMPARE)]
        if len(others) < len(members):
            return [(f"{left} not in {{{', '.join(others)}}}", COMPARE)]
        return [(f"{left} in {{{', '.join(members)}}}", COMPARE)]

    def binary(self, a: Expr, op: str, b: Expr, level: int) -> tuple[str, int]:
        """Comparisons do not chain, everything else groups to the left."""
        left = level + 1 if level == COMPARE else level
        return f"{self.text(a, left)} {op} {self.text(b, level + 1)}", level

    def conversion(self, e: Some | Unwrap | Narrow, value: Expr) -> str:
        name = type(e).__name__.lower()
        to = f", {e.type}" if isinstance(e, Narrow) else ""
        return f"{name}({self.text(value)}{to})"

    def sequence(self, e: SeqOp) -> tuple[str, int]:
        if e.item is None:
            return self.text(e.seq, POSTFIX) + ("[:-1]" if e.op == "init" else "[1:]"), POSTFIX
        item = self.text(e.item)
        if e.op == "append":
            return f"{self.text(e.seq, SUM)} + [{item}]", SUM
        if e.op == "appendleft":
            return f"[{item}] + {self.text(e.seq, SUM + 1)}", SUM
        return f"{self.text(e.seq, POSTFIX)}.without({item})", POSTFIX


# --- statements ------------------------------------------------------------------------------------------------------


def stmt_lines(stmt: Stmt, depth: int = 0, explicit: bool = False) -> list[str]:
    """The lines of one statement, indented by `depth` levels."""

    def text(e: Expr) -> str:
        return expr_text(e, explicit)

    pad = INDENT * depth
    match stmt:
        case Assign(name, keys, value):
            path = "".join(f"[{text(key)}]" for key in keys)
            return [f"{pad}{name}{path} := {text(value)}"]
        case Let(v, value):
            return [f"{pad}let {v.name} = {text(value)}"]
        case If():
            return list(_if_lines(stmt, depth, explicit))
        case Require(cond):
            return [f"{pad}require {text(cond)}"]
        case Choose(v):
            return [f"{pad}choose {v.name} in {v.type}"]
        case Fault(message):
            return [f"{pad}{_fault_text(message)}"]
        case Cost(name):
            return [f"{pad}cost {name}"]
        case _:
            assert_never(stmt)


def block_lines(body: Block, depth: int = 0, explicit: bool = False) -> list[str]:
    """The lines of a block; `pass` for an empty one."""
    lines = [line for stmt in body for line in stmt_lines(stmt, depth, explicit)]
    return lines or [INDENT * depth + "pass"]


def _if_lines(stmt: If, depth: int, explicit: bool) -> Iterator[str]:
    """An `else` that holds one `If` and nothing else reads `elif`."""
    pad = INDENT * depth
    word = "if"
    while True:
        yield f"{pad}{word} {expr_text(stmt.cond, explicit)}:"
        yield from block_lines(stmt.then, depth + 1, explicit)
        match stmt.orelse:
            case ():
                return
            case (If() as stmt,):
                word = "elif"
            case body:
                yield f"{pad}else:"
                yield from block_lines(body, depth + 1, explicit)
                return


# --- systems ---------------------------------------------------------------------------------------------------------


def system_text(system: System, explicit: bool = False) -> str:
    """The whole System, one declaration after the other, ending in a newline."""
    lines = [f"system {system.name}", *(f"{INDENT}{name} = {value}" for name, value in system.config)]
    sections: list[Iterable[str]] = [
        lines,
        [line for t in types_used(system) for line in _type_lines(t)],
        [_field_line(f) for f in system.fields],
        [line for r in system.runners for line in _runner_lines(r)],
        *(_action_lines(a, explicit) for a in system.actions),
        *(_property_lines(p, explicit) for p in system.properties),
        *(_faultless_lines(p) for p in system.faultless),
        *(_temporal_lines(p, explicit) for p in system.temporal),
        *(_budget_lines(p, explicit) for p in system.budgets),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def fingerprint(system: System) -> str:
    """Sixteen hex digits of the explicit text: names, types, configuration, behaviour and properties; no places, no
    documentation, no sources.
    """
    return hashlib.sha256(system_text(system, explicit=True).encode()).hexdigest()[:16]


def types_used(system: System) -> tuple[EnumType | RecordType | ScalarsetType, ...]:
    """The named types of the System in order of first use; a record after the types of its components."""
    found: dict[EnumType | RecordType | ScalarsetType, None] = {}
    for t in all_types(system):
        found.update(dict.fromkeys(_named(t)))
    return tuple(found)


def _named(t: Type) -> Iterator[EnumType | RecordType | ScalarsetType]:
    """The named types in `t`, inner ones first."""
    match t:
        case TableType(key, value):
            yield from _named(key)
            yield from _named(value)
        case OptionType(of) | SetType(of) | SeqType(of):
            yield from _named(of)
        case RecordType(_, fields):
            for _, component in fields:
                yield from _named(component)
            yield t
        case EnumType() | ScalarsetType():
            yield t
        case _:
            pass  # bool and the integers have no name


def _type_lines(t: EnumType | RecordType | ScalarsetType) -> list[str]:
    match t:
        case EnumType(name, members):
            return [f"enum {name}: {', '.join(members)}"]
        case ScalarsetType(name, size):
            return [f"scalarset {name}: {size}"]
        case RecordType(name, fields):
            return [f"record {name}: {', '.join(f'{n}: {component}' for n, component in fields)}"]
        case _:
            assert_never(t)


def _field_line(f: Field) -> str:
    return f"{f.role} {f.name}: {f.type} = {show(f.type, f.init)}"


def _runner_lines(r: Runner) -> list[str]:
    return [
        f"runner {r.type}: pc {r.pc}, runs {', '.join(r.processes)}",
        f"{INDENT}at {', '.join(r.locations.members)}",
    ]


def _action_lines(a: Action, explicit: bool) -> list[str]:
    params = ", ".join(f"{v.name}: {v.type}" for v in a.params)
    notes = [f"step of {a.process} at {a.location}"] if a.process is not None else []
    notes += [f"fair {a.fair}"] if a.fair != "none" else []
    notes += [f"fair {fair} to {show(a.params[0].type, who)}" for who, fair in a.exceptions]
    notes += [f"atomic: {a.atomic}"] if a.atomic is not None and not explicit else []
    header = ", ".join([f"action {a.name}({params})", *notes])
    return [header, *block_lines(a.body, 1, explicit)]


def _faultless_lines(p: Faultless) -> list[str]:
    return [f"faultless {p.id} {p.name}", *(INDENT + _fault_text(message) for message in p.messages)]


def _fault_text(message: str) -> str:
    return f"fault {json.dumps(message, ensure_ascii=False)}"


def _temporal_lines(p: Temporal, explicit: bool) -> list[str]:
    lines = [f"temporal {p.id} {p.name}"]
    for instance in p.instances:
        lines.append(
            INDENT + ", ".join([*(f"{name}={value}" for name, value in instance.values), str(instance.formula)])
        )
        lines += [f"{2 * INDENT}p{i}: {expr_text(e, explicit)}" for i, e in enumerate(instance.claims)]
    return lines


def _budget_lines(p: Budget, explicit: bool) -> list[str]:
    lines = [f"budget {p.id} {p.name}"]
    for allowance in p.allowances:
        values = ", ".join([*(f"{name}={value}" for name, value in allowance.values), allowance.cost])
        lines.append(f"{INDENT}{values}: {allowance.bounds}, {_stretch_text(allowance.stretch)}")
        lines += [f"{2 * INDENT}p{i}: {expr_text(e, explicit)}" for i, e in enumerate(allowance.stretch.claims)]
    return lines


def _stretch_text(stretch: Stretch) -> str:
    match stretch:
        case Between():
            return "from p0 to p1"
        case Occurrence(of, None):
            return f"each {of}"
        case Occurrence(of, member):
            return f"each call of {of} by {member}, until p0"
        case WholeRun():
            return "the whole run"


def _property_lines(p: Property, explicit: bool) -> list[str]:
    return [f"{p.kind} {p.id} {p.name}", INDENT + expr_text(p.expr, explicit)]
