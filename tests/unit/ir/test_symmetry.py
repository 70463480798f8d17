"""Which scalarsets are symmetric, and what is said of those that are not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from virtspec.ir import build
from virtspec.ir.nodes import ArithOp, Assign, Choose, Const, Cost, Expr, Fault, If, Let, Require, Stmt, Var
from virtspec.ir.passes import permute
from virtspec.ir.passes.permute import is_fixed, permuted, transpositions
from virtspec.ir.passes.symmetry import symmetric
from virtspec.ir.system import Action, Field, Property, System
from virtspec.ir.types import (
    BOOL,
    IntType,
    OptionType,
    RecordType,
    ScalarsetType,
    SeqType,
    SetType,
    TableType,
    Type,
    Value,
    default,
    values,
)
from virtspec.ir.verify import verify
from virtspec.ir.walk import rewrite, subexpressions, substitute
from virtspec.semantics.interp import Env, Faulted, State, Taken, Undefined, evaluate
from virtspec.semantics.successors import successors
from virtspec.source import Span

S, N = ScalarsetType("S", 3), IntType(0, 3)
PAIR = RecordType("Pair", (("who", S), ("n", N)))
TYPES: dict[str, Type] = {
    "x": N,
    "one": S,
    "maybe": OptionType(S),
    "count": TableType(S, N),
    "limit": TableType(S, OptionType(N)),
    "flag": TableType(S, BOOL),
    "next": TableType(S, OptionType(S)),
    "some": SetType(S),
    "grid": TableType(S, TableType(S, BOOL)),
    "queue": SeqType(S, 2),
    "pair": PAIR,
}
FIELDS = tuple(Field(name, t, default(t)) for name, t in TYPES.items())
F = {name: build.read(name, t) for name, t in TYPES.items()}
M = [build.const(i, S) for i in range(3)]
v = build.var("v", S)
i, j = build.var("i", S), build.var("j", S)
PLACE = Span("spec.py", 7, 4, 7, 9)


def at(table: str, *keys: Expr) -> Expr:
    found: Expr = F[table]
    for key in keys:
        found = build.index(found, key)
    return found


def some(e: Expr) -> Expr:
    return build.coerce(e, OptionType(S))


def is_none(e: Expr) -> Expr:
    return build.eq(e, build.const(None, e.type))


def members(*items: Expr) -> Expr:
    return build.set_lit(SetType(S), items)


def number(value: int) -> Expr:
    return build.integer(value)


def reason(*props: Expr, actions: tuple[Action, ...] = ()) -> str:
    """What is said of S in a system of these properties and actions."""
    properties = tuple(Property(f"P{n}", "p", "invariant", e, span=PLACE) for n, e in enumerate(props))
    system = System("Sym", (), FIELDS, actions, properties)
    verify(system)
    return symmetric(system).reasons[S]


def step(*body: Stmt) -> Action:
    return Action("act", (i, j), tuple(body), span=PLACE)


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("x", 2, 2),
        ("one", 0, 1),
        ("maybe", None, None),
        ("maybe", 2, 0),
        ("count", (1, 2, 3), (3, 1, 2)),
        ("next", (1, None, 0), (1, 2, None)),
        ("some", frozenset({0, 2}), frozenset({1, 0})),
        ("queue", (2, 1), (0, 2)),
        ("pair", (0, 3), (1, 3)),
        (
            "grid",
            ((True, False, False), (False,) * 3, (False,) * 3),
            ((False,) * 3, (False, True, False), (False,) * 3),
        ),
    ],
)
def test_members_are_renamed_wherever_a_value_holds_them(name: str, value: Value, expected: Value) -> None:
    assert permuted(TYPES[name], value, {S: (1, 2, 0)}) == expected


def test_other_scalarsets_keep_their_names() -> None:
    assert permuted(TYPES["maybe"], 2, {ScalarsetType("T", 3): (1, 2, 0)}) == 2


@given(st.data())
def test_renaming_twice_is_renaming_once(data: st.DataObject) -> None:
    t = data.draw(st.sampled_from(list(TYPES.values())))
    value = data.draw(st.sampled_from(values(t)))
    one, two = (data.draw(st.sampled_from(list(permutations(range(3))))) for _ in range(2))
    both = tuple(two[m] for m in one)
    assert permuted(t, permuted(t, value, {S: one}), {S: two}) == permuted(t, value, {S: both})


def test_neighbours_are_exchanged() -> None:
    assert list(transpositions(S)) == [(1, 0, 2), (0, 2, 1)]
    assert is_fixed(TYPES["count"], (2, 2, 2), S)
    assert not is_fixed(TYPES["count"], (2, 2, 1), S)


# --- properties ------------------------------------------------------------------------------------------------------

LEQ = build.le(at("count", v), number(2))
PARTIAL = build.le(build.unwrap(at("limit", v)), number(2))
GUARDED = build.or_(is_none(at("limit", v)), PARTIAL)


def total_of(table: str, order: tuple[int, ...]) -> Expr:
    first, second, third = (at(table, M[m]) for m in order)
    return build.arith("+", build.arith("+", first, second), third)


ALL_BUT_ONE = build.set_op("-", members(*M, F["one"]), members(M[2]))


def less(op: ArithOp) -> Expr:
    return build.arith(op, at("count", M[0]), build.arith("+", at("count", M[1]), number(1)))


SYMMETRIC = {
    "quantified": build.quant("all", v, LEQ),
    "conjunction": build.and_(*(build.lt(at("count", m), number(2)) for m in M)),
    "disjunction": build.or_(*(build.eq(F["maybe"], some(m)) for m in M)),
    "sum": build.eq(total_of("count", (2, 0, 1)), F["x"]),
    "counted": build.eq(build.arith("+", build.arith("*", total_of("count", (0, 1, 2)), number(2)), F["x"]), number(3)),
    "partial in a count": build.le(build.quant("count", v, PARTIAL), number(1)),
    "guarded": build.quant("all", v, GUARDED),
    "set of all": build.eq(F["some"], members(*M)),
    "even tables": build.eq(F["count"], build.const((1, 1, 1), TYPES["count"])),
    "union": build.set_op("<=", F["some"], build.set_op("|", members(M[2], F["one"]), members(*M[:2]))),
    "minimum": build.and_(*(build.or_(build.eq(F["one"], m), at("flag", m)) for m in M)),
    "bound twice": build.and_(*(build.quant("any", w, at("grid", m, w)) for w, m in zip((v, i, j), M, strict=True))),
    "records": build.or_(*(build.eq(F["pair"], build.make_record(PAIR, [m, F["x"]])) for m in M)),
}  # fmt: skip


@pytest.mark.parametrize("name", SYMMETRIC)
def test_a_property_that_treats_members_alike_is_symmetric(name: str) -> None:
    assert reason(SYMMETRIC[name]) == ""


@pytest.mark.parametrize(
    ("e", "says"),
    [
        (at("flag", M[0]), "treats S0 and S1 differently in its condition"),
        (build.and_(at("flag", M[0]), at("flag", M[1])), "treats S1 and S2 differently in its condition"),
        (build.eq(F["one"], M[2]), "treats S1 and S2 differently in its condition"),
        (build.eq(F["queue"], build.const((1,), TYPES["queue"])), "treats S0 and S1 differently in its condition"),
        (build.eq(F["count"], build.const((1, 1, 2), TYPES["count"])), "treats S1 and S2 differently in its condition"),
        (build.lt(at("count", M[0]), at("count", M[1])), "treats S0 and S1 differently in its condition"),
        (build.eq(less("-"), F["x"]), "treats S0 and S1 differently in its condition"),
        (build.eq(less("//"), F["x"]), "treats S0 and S1 differently in its condition"),
        (build.eq(less("%"), F["x"]), "treats S0 and S1 differently in its condition"),
        (build.set_op("<=", ALL_BUT_ONE, F["some"]), "treats S1 and S2 differently in its condition"),
        (build.set_op("<=", members(M[0]), members(M[1], F["one"])), "treats S0 and S1 differently in its condition"),
        (build.quant("all", v, PARTIAL), "treats S0 and S1 differently in whether it is defined"),
        (build.quant("any", v, PARTIAL), "treats S0 and S1 differently in whether it is defined"),
    ],
)
def test_a_property_that_tells_members_apart_is_named_with_its_place(e: Expr, says: str) -> None:
    assert reason(build.TRUE, e) == f"property P1 (spec.py:7) {says}"


def test_properties_that_are_not_judged_do_not_count() -> None:
    told = Property("P", "p", "invariant", at("flag", M[0]))
    system = System("Sym", (), FIELDS, (), (told,))
    assert symmetric(system).interchangeable == ()
    assert symmetric(system, []).interchangeable == (S,)


def test_scalarsets_of_one_member_are_not_asked_about() -> None:
    alone = TableType(ScalarsetType("Alone", 1), BOOL)
    assert symmetric(System("Sym", (), (Field("f", alone, (False,)),), (), ())).reasons == {}


def test_what_is_too_large_to_compare_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permute, "LIMIT", 5)
    said = "property P0 (spec.py:7) is too large to tell whether it treats the members of S alike"
    assert reason(SYMMETRIC["sum"]) == said


# --- actions ---------------------------------------------------------------------------------------------------------


def each(make: object) -> tuple[Stmt, ...]:
    assert callable(make)
    return tuple(make(m) for m in M)


def more(e: Expr) -> Expr:
    return build.coerce(build.arith("+", e, number(1)), N)


UNROLLED: dict[str, tuple[Stmt, ...]] = {
    "entries": each(lambda m: If(at("flag", m), (Assign("flag", (m,), build.FALSE),))),
    "entries around a parameter": (
        Assign("flag", (i,), build.TRUE),
        *each(lambda m: If(at("flag", m), (Assign("count", (m,), number(1)),))),
        Assign("count", (j,), at("count", i)),
    ),
    "through a pointer": (
        If(is_none(F["maybe"]), (), (Assign("flag", (build.unwrap(F["maybe"]),), build.TRUE),)),
        *each(lambda m: Assign("grid", (m, F["one"]), at("flag", m))),
    ),
    "counting": each(lambda m: If(at("flag", m), (Assign("x", (), more(F["x"])),))),
    "members": each(lambda m: If(at("flag", m), (Assign("some", (), build.set_op("|", F["some"], members(m))),))),
    "faults": each(lambda m: If(at("flag", m), (Fault(f"{m.value} is up"),))),
    "guards and costs": each(lambda m: Require(at("flag", m))) + each(lambda m: If(build.eq(i, m), (Cost("c"),))),
    "picks": (Choose(v), *each(lambda m: If(build.eq(v, m), (Assign("count", (m,), number(2)),)))),
}  # fmt: skip


@pytest.mark.parametrize("name", UNROLLED)
def test_unrolled_loops_whose_turns_commute_are_symmetric(name: str) -> None:
    assert reason(actions=(step(*UNROLLED[name]),)) == ""


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ((Require(at("flag", M[0])),), "its guard"),
        ((If(at("flag", M[0]), (Fault("up"),)),), "its faults"),
        ((Assign("one", (), M[0]),), "what it stores in one"),
        ((Assign("grid", (i, M[0]), build.TRUE),), "what it stores in grid"),
        ((If(build.eq(i, M[0]), (Cost("c"),)),), "its cost of c"),
        ((If(build.eq(i, M[0]), (Choose(v),)),), "the choice of v"),
        (each(lambda m: Assign("one", (), m))[:2], "what it stores in one"),
        (each(lambda m: If(at("flag", m), (Assign("one", (), m),))), "what it stores in one"),
        ((Let(v, M[0]), Assign("next", (v,), some(i))), "what it stores in next"),
    ],
)
def test_an_action_that_tells_members_apart_is_named_with_its_place(body: tuple[Stmt, ...], what: str) -> None:
    said = reason(actions=(step(*body),))
    assert said.startswith("action act (spec.py:7) treats S")
    assert said.endswith(f"differently in {what}")


# --- soundness -------------------------------------------------------------------------------------------------------

MEMBER = ScalarsetType("Member", 2)
SWAP = {MEMBER: (1, 0)}


def swapped(e: Expr) -> Expr:
    """`e` with the names of the members exchanged."""

    def renamed(part: Expr) -> Expr:
        return build.const(permuted(part.type, part.value, SWAP), part.type) if isinstance(part, Const) else part

    return rewrite(e, renamed)


def value_of(e: Expr, system: System, state: State) -> object:
    try:
        return evaluate(e, Env(system.field_index, state))
    except Undefined:
        return None


def swap(system: System, state: State) -> State:
    return tuple(permuted(f.type, value, SWAP) for f, value in zip(system.fields, state, strict=True))


def test_conditions_said_to_be_symmetric_are(
    random_systems: st.SearchStrategy[System],
    random_states: st.SearchStrategy[State],
    random_conditions: st.SearchStrategy[Expr],
) -> None:
    """Random ones, and joined with themselves under other names, which makes them symmetric where they are total."""
    seen: Counter[str] = Counter()

    @settings(max_examples=100)
    @given(st.data())
    def examine(data: st.DataObject) -> None:
        system = data.draw(random_systems)
        few = build.lt(build.index(build.read("counts", TableType(MEMBER, N)), build.const(0, MEMBER)), number(2))
        free: dict[Var, Expr] = {
            build.var("p", MEMBER): build.const(0, MEMBER),
            build.var("x", N): build.read("number", N),
        }
        drawn = substitute(data.draw(random_conditions), free)
        drawn = build.ite(few, drawn, build.not_(drawn))
        for e in (drawn, build.and_(drawn, swapped(drawn)), build.eq(swapped(drawn), drawn)):
            names = [c for c in subexpressions(e) if isinstance(c, Const) and not is_fixed(c.type, c.value, MEMBER)]
            found = symmetric(replace(system, actions=(), properties=(Property("P", "p", "invariant", e),)))
            said = not found.reasons[MEMBER]
            seen[f"{said} {bool(names)}"] += 1
            for state in data.draw(st.lists(random_states, min_size=4, max_size=4)) if said else []:
                before, after = value_of(e, system, state), value_of(e, system, swap(system, state))
                seen["undefined"] += before is None
                assert before == after

    examine()
    assert seen["True True"] >= 1 and seen["False True"] >= 1 and seen["undefined"] >= 1, seen


def test_actions_said_to_be_symmetric_are(
    random_systems: st.SearchStrategy[System], random_states: st.SearchStrategy[State]
) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=100)
    @given(st.data())
    def examine(data: st.DataObject) -> None:
        system = data.draw(random_systems)
        said = not symmetric(system).reasons[MEMBER]
        seen["symmetric" if said else "refused"] += 1
        for state in data.draw(st.lists(random_states, min_size=3, max_size=3)) if said else []:
            steps = moves(system, state)
            expected = Counter({renamed_move(system, move): times for move, times in steps.items()})
            assert moves(system, swap(system, state)) == expected
            seen["moves"] += steps.total()

    examine()
    assert seen["symmetric"] >= 1 and seen["refused"] >= 1 and seen["moves"] >= 1, seen


Move = tuple[tuple[tuple[Type, Value], ...], State | None, tuple[str, ...]]


def moves(system: System, state: State) -> Counter[Move]:
    found = Counter[Move]()
    for _, outcome in successors(system, state):
        picks = tuple((v.type, value) for v, value in outcome.picks)
        match outcome:
            case Taken(after, _, costs):
                found[picks, after, tuple(sorted(costs))] += 1
            case Faulted():
                found[picks, None, ()] += 1
    return found


def renamed_move(system: System, move: Move) -> Move:
    picks, after, costs = move
    picked = tuple((t, permuted(t, value, SWAP)) for t, value in picks)
    return picked, None if after is None else swap(system, after), costs
