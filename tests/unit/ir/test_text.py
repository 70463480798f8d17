from __future__ import annotations

from dataclasses import replace

import pytest

from virtspec.ir import build
from virtspec.ir.nodes import Assign, Choose, Cost, Expr, Fault, If, Let, Require
from virtspec.ir.system import Action, Field, Property, System
from virtspec.ir.text import block_lines, expr_text, fingerprint, stmt_lines, system_text
from virtspec.ir.types import (
    BOOL,
    EnumType,
    IntType,
    OptionType,
    RecordType,
    ScalarsetType,
    SeqType,
    SetType,
    TableType,
)
from virtspec.source import Span

DEV, SLOT, N = EnumType("Dev", ("FREE", "BUSY")), ScalarsetType("Slot", 2), IntType(0, 7)
PAIR = RecordType("Pair", (("id", N), ("ok", BOOL)))
a, b, c = (build.read(name, BOOL) for name in "abc")
i, j, k = (build.read(name, N) for name in "ijk")
s, t = build.read("s", SetType(DEV)), build.read("t", SetType(DEV))
queue, table, record = build.read("q", SeqType(N, 3)), build.read("table", TableType(SLOT, N)), build.read("r", PAIR)
maybe, d = build.read("maybe", OptionType(N)), build.var("d", SLOT)
FREE, ONE = build.const("FREE", DEV), build.integer(1)
letter = build.var("x", DEV)


@pytest.mark.parametrize(
    ("e", "text"),
    [
        (build.or_(build.and_(a, b), c), "a and b or c"),
        (build.and_(build.or_(a, b), c), "(a or b) and c"),
        (build.not_(build.and_(a, b)), "not (a and b)"),
        (build.and_(build.not_(a), b), "not a and b"),
        (build.eq(i, j), "i == j"),
        (build.not_(build.eq(i, j)), "i != j"),
        (build.not_(build.lt(i, j)), "not i < j"),
        (build.eq(build.eq(i, j), a), "(i == j) == a"),
        (build.eq(a, build.not_(b)), "a == (not b)"),
        (build.le(build.arith("+", i, j), k), "i + j <= k"),
        (build.arith("-", build.arith("-", i, j), k), "i - j - k"),
        (build.arith("-", i, build.arith("-", j, k)), "i - (j - k)"),
        (build.arith("*", build.arith("+", i, j), k), "(i + j) * k"),
        (build.arith("+", build.arith("*", i, j), k), "i * j + k"),
        (build.arith("%", build.arith("//", i, ONE), build.integer(2)), "i // 1 % 2"),
        (build.arith("*", build.integer(-1), i), "-1 * i"),
        (build.ite(a, i, build.ite(b, j, k)), "i if a else j if b else k"),
        (build.ite(build.ite(a, b, c), build.ite(a, i, j), k), "(i if a else j) if (b if a else c) else k"),
        (build.arith("+", build.ite(a, i, j), k), "(i if a else j) + k"),
        (build.index(table, d), "table[d]"),
        (build.index(build.map_update(table, d, i), build.const(1, SLOT)), "{**table, d: i}[Slot1]"),
        (build.map_of(d, build.index(table, d)), "{d: table[d] for d in Slot}"),
        (build.get(record, "id"), "r.id"),
        (build.make_record(PAIR, [i, a]), "Pair(id=i, ok=a)"),
        (build.quant("all", d, build.eq(build.index(table, d), i)), "all(table[d] == i for d in Slot)"),
        (build.quant("count", build.var("n", IntType(1, 3)), a), "count(a for n in 1..3)"),
        (build.contains_item(FREE, build.set_op("-", s, t)), "FREE in s - t"),
        (build.not_(build.contains_item(FREE, s)), "FREE not in s"),
        (build.set_op("&", build.set_op("|", s, t), s), "(s | t) & s"),
        (build.set_op("<=", s, build.set_op("|", s, t)), "s <= s | t"),
        (build.set_of(letter, build.contains_item(letter, s)), "{x for x in Dev if x in s}"),
        (build.set_lit(SetType(DEV), [letter, FREE]), "{x, FREE}"),
        (build.length(queue), "len(q)"),
        (build.seq_at(queue, build.integer(-1)), "q[-1]"),
        (build.seq_op("append", build.seq_op("tail", queue), i), "q[1:] + [i]"),
        (build.seq_op("appendleft", build.seq_op("append", queue, i), j), "[j] + (q + [i])"),
        (build.seq_op("init", build.seq_op("remove", queue, i)), "q.without(i)[:-1]"),
        (build.read("i", N, before=True), "old.i"),
        (build.eq(maybe, build.const(None, OptionType(N))), "maybe == None"),
        (build.arith("+", build.unwrap(maybe), ONE), "maybe + 1"),
        (build.arith("*", build.coerce(build.arith("+", i, j), N), k), "(i + j) * k"),
        (build.coerce(build.arith("+", i, j), OptionType(N)), "i + j"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_expressions(e: Expr, text: str) -> None:
    assert expr_text(e) == text


def test_the_explicit_form_tells_apart_what_looks_alike() -> None:
    plain = build.eq(build.coerce(build.unwrap(maybe), IntType(0, 3)), build.var("i", N))
    assert expr_text(plain) == "maybe == i"
    assert expr_text(plain, explicit=True) == "narrow(unwrap(@maybe), 0..3) == i"
    assert expr_text(build.eq(i, build.var("i", N)), explicit=True) == "@i == i"
    assert expr_text(build.eq(build.var("FREE", DEV), FREE), explicit=True) == "FREE == #FREE"
    assert expr_text(build.read("i", N, before=True), explicit=True) == "old.@i"
    assert expr_text(build.coerce(i, OptionType(N)), explicit=True) == "some(@i)"


def test_statements() -> None:
    body = (
        Let(build.var("x", N), i),
        Choose(d),
        If(a, (Assign("table", (d,), i),)),
        If(b, (), (If(c, (Cost("irq"),), (Fault('it "broke"'),)),)),
        If(c, (Require(a),), (Require(b), Assign("i", (), ONE))),
    )
    assert block_lines(body, 1) == [
        "  let x = i",
        "  choose d in Slot",
        "  if a:",
        "    table[d] := i",
        "  if b:",
        "    pass",
        "  elif c:",
        "    cost irq",
        "  else:",
        '    fault "it \\"broke\\""',
        "  if c:",
        "    require a",
        "  else:",
        "    require b",
        "    i := 1",
    ]
    assert stmt_lines(body[0]) == ["let x = i"]


GOLDEN = """\
system Small
  design = V5
  Task = 2
  Slot = 2

scalarset Slot: 2
enum Dev: FREE, BUSY
scalarset Task: 2
enum TaskAt: idle, use.put

shared dev: dict[Slot, Dev] = {Slot0: FREE, Slot1: FREE}
shared owner: dict[Slot, Task | None] = {Slot0: None, Slot1: None}
shared uses: 0..3 = 0
pc pc: dict[Task, TaskAt] = {Task0: idle, Task1: idle}

runner Task: pc pc, runs use
  at idle, use.put

action use(t: Task, d: Slot), step of use at idle
  require pc[t] == idle
  require dev[d] == FREE
  dev[d] := BUSY
  owner[d] := t
  uses := uses + 1
  cost lock
  pc[t] := use.put

action use.put(t: Task), step of use at use.put, fair weak
  require pc[t] == use.put
  choose d in Slot
  require owner[d] == t
  dev[d] := FREE
  owner[d] := None
  pc[t] := idle

action reset(), atomic: a test
  let x = uses
  if 2 < x:
    fault "too many"
  elif x == 0:
    pass
  else:
    uses := 0

invariant OWN owned
  all((dev[e] == BUSY) == (owner[e] != None) for e in Slot)

transition MONO monotone
  old.uses <= uses

reachable FULL full
  all(dev[e] == BUSY for e in Slot)
"""


def test_a_system(small: System) -> None:
    assert system_text(small) == GOLDEN


def test_records_come_after_the_types_of_their_components() -> None:
    holder = RecordType("Holder", (("dev", DEV), ("slot", OptionType(SLOT))))
    field = Field("held", SeqType(holder, 2), (("FREE", 1),))
    assert system_text(System("R", (), (field,), (), ())) == (
        "system R\n\nenum Dev: FREE, BUSY\nscalarset Slot: 2\nrecord Holder: dev: Dev, slot: Slot | None\n\n"
        "shared held: Seq[Holder, 2] = [Holder(dev=FREE, slot=Slot1)]\n"
    )


# --- the fingerprint -------------------------------------------------------------------------------------------------


def with_action(system: System, name: str, **changes: object) -> System:
    changed = (replace(x, **changes) if x.name == name else x for x in system.actions)  # type: ignore[arg-type]
    return replace(system, actions=tuple(changed))


def with_first_property(system: System, **changes: object) -> System:
    first, *others = system.properties
    return replace(system, properties=(replace(first, **changes), *others))  # type: ignore[arg-type]


def with_first_field(system: System, **changes: object) -> System:
    first, *others = system.fields
    return replace(system, fields=(replace(first, **changes), *others))  # type: ignore[arg-type]


def test_the_fingerprint_is_the_same_on_every_machine(small: System) -> None:
    assert fingerprint(small) == small.fingerprint == "4d5a39ca0d9e8625"


def test_the_fingerprint_does_not_see_places_and_documentation(small: System) -> None:
    span = Span("elsewhere.py", 1, 2, 3, 4)
    moved = replace(small, doc="Documented.", span=span)
    moved = with_action(moved, "reset", span=span, atomic="another reason")
    moved = with_first_property(moved, doc="Documented.", source="a mail", span=span)
    moved = with_first_field(moved, span=span)
    body = tuple(replace(stmt, span=span) for stmt in small.action("use").body)
    moved = with_action(moved, "use", body=body)
    assert fingerprint(moved) == fingerprint(small)


def test_the_fingerprint_sees_behaviour_and_properties(small: System) -> None:
    use = small.action("use")
    narrowed = build.coerce(build.arith("+", build.read("uses", IntType(0, 3)), ONE), IntType(0, 3))
    plain = build.arith("+", build.read("uses", IntType(0, 3)), ONE)
    assert expr_text(narrowed) == expr_text(plain)
    bigger = EnumType("Dev", ("FREE", "BUSY", "GONE"))
    variants = [
        small,
        replace(small, name="Other"),
        replace(small, config=(("design", "V6"), *small.config[1:])),
        replace(small, actions=small.actions[:2]),
        replace(small, properties=small.properties[:2]),
        with_first_field(small, init=("BUSY", "FREE")),
        with_first_field(small, type=TableType(SLOT, bigger)),
        with_first_property(small, id="OTHER"),
        with_first_property(small, kind="reachable"),
        with_first_property(small, expr=build.TRUE),
        with_action(small, "use", fair="strong"),
        with_action(small, "use", params=(build.var("t", SLOT), use.params[1])),
        with_action(small, "use", body=use.body[1:]),
        with_action(small, "use", body=(*use.body, Cost("lock"))),
        with_action(small, "reset", body=(Assign("uses", (), narrowed),)),
        with_action(small, "reset", body=(Assign("uses", (), plain),)),
        with_action(small, "reset", body=(Fault("a"),)),
        with_action(small, "reset", body=(Fault("b"),)),
        replace(small, runners=()),
        replace(small, actions=(*small.actions, Action("nothing", (), ()))),
        replace(small, properties=(*small.properties, Property("X", "x", "invariant", build.TRUE))),
    ]
    assert len({fingerprint(v) for v in variants}) == len(variants)
