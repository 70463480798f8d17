"""Two systems built by hand: `zoo` has a field of every type, `lock` two tasks that take a lock."""

import pytest

from virtspec.ir import build as b
from virtspec.ir.nodes import Assign, Choose, Cost, Expr, Fault, Require
from virtspec.ir.system import Action, Field, Property, Runner, System
from virtspec.ir.types import (
    BOOL,
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
    Value,
    default,
)
from virtspec.semantics.interp import Faulted, Taken, run
from virtspec.source import Span
from virtspec.trace.trace import Step, Trace

TASK = ScalarsetType("Task", 2)
COLOUR = EnumType("Colour", ("RED", "GREEN"))
SMALL = IntType(-1, 3)
REQUEST = RecordType("Request", (("id", SMALL), ("done", BOOL)))

ZOO: dict[str, Type] = {
    "flag": BOOL,
    "count": SMALL,
    "turn": ModType(3),
    "colour": COLOUR,
    "who": TASK,
    "owner": OptionType(TASK),
    "maybe": OptionType(SMALL),
    "table": TableType(TASK, TableType(BOOL, SMALL)),
    "by_int": TableType(SMALL, COLOUR),
    "waiters": SetType(TASK),
    "queue": SeqType(REQUEST, 2),
    "last": REQUEST,
}


def at(line: int) -> Span:
    return Span("spec.py", line, 4, line, 10)


@pytest.fixture
def zoo() -> System:
    """One action per field that gives it any other value; `break_it` faults."""
    actions = []
    for line, (name, t) in enumerate(ZOO.items(), 10):
        body = _set_anything(name, t)
        actions.append(Action(f"set_{name}", (), body, span=at(line)))
    broken = Action("break_it", (), (Cost("exit"), Fault("it broke", at(31))), span=at(30))
    fields = tuple(Field(name, t, default(t)) for name, t in ZOO.items())
    flag = b.read("flag", BOOL)
    raised = Property("ZOO-R1", "raised", "reachable", flag, "The flag can be raised.")
    never = Property("ZOO-S1", "never_raised", "invariant", b.not_(flag), "The flag is never raised.")
    return System("Zoo", (("Task", "2"), ("design", "V5")), fields, (*actions, broken), (raised, never))


def _set_anything(name: str, t: Type) -> tuple[Choose | Assign | Require | Cost, ...]:
    """Picks of scalars, put together to a value of `t`."""
    if isinstance(t, TableType) and isinstance(t.value, TableType):
        i, j, x = b.var("i", t.key), b.var("j", t.value.key), b.var("x", t.value.value)
        return (Choose(i), Choose(j), Choose(x), Assign(name, (i, j), x))
    if isinstance(t, TableType):
        i, x = b.var("i", t.key), b.var("x", t.value)
        return (Choose(i), Choose(x), Assign(name, (i,), x))
    if isinstance(t, SetType):
        x = b.var("x", t.of)
        return (Choose(x), Assign(name, (), b.set_op("|", b.read(name, t), b.set_lit(t, [x]))))
    if isinstance(t, SeqType):
        request = _any_request()
        return (*request[0], Assign(name, (), b.seq_op("append", b.read(name, t), request[1])))
    if isinstance(t, RecordType):
        request = _any_request()
        return (*request[0], Assign(name, (), request[1]))
    scalar = t.of if isinstance(t, OptionType) else t
    x = b.var("x", scalar)
    return (Choose(x), Cost("write"), Assign(name, (), b.coerce(x, t)))


def _any_request() -> tuple[tuple[Choose, Choose], Expr]:
    number, done = b.var("id", SMALL), b.var("done", BOOL)
    return (Choose(number), Choose(done)), b.make_record(REQUEST, [number, done])


WHERE = EnumType("Where", ("idle", "take.held", "take.stuck"))
PC = TableType(TASK, WHERE)


@pytest.fixture
def lock() -> System:
    """`take` takes a lock without giving it back if `k` is 1: then the other task waits for ever."""
    t = b.var("t", TASK)
    k = b.var("k", IntType(0, 1))
    owner_type = OptionType(TASK)
    owner, pc = b.read("owner", owner_type), b.read("pc.Task", PC)

    def stands(where: str) -> Require:
        return Require(b.eq(b.index(pc, t), b.const(where, WHERE)))

    def go(where: str) -> Assign:
        return Assign("pc.Task", (t,), b.const(where, WHERE))

    free = b.eq(owner, b.const(None, owner_type))
    take = (stands("idle"), Require(free, at(11)), Assign("owner", (), b.coerce(t, owner_type)))
    keep = (Assign("take.k", (t,), k), go("take.held"))
    leave = (
        stands("take.held"),
        Require(b.eq(b.index(b.read("take.k", TableType(TASK, IntType(0, 1))), t), b.integer(0)), at(15)),
        Assign("owner", (), b.const(None, owner_type)),
        Cost("wake"),
        go("idle"),
    )
    actions = (
        Action("take", (t, k), (*take, *keep), "take", "idle", span=at(10)),
        Action("take.held", (t,), leave, "take", "take.held", span=at(14)),
    )
    fields = (
        Field("owner", owner_type, None),
        Field("pc.Task", PC, ("idle", "idle"), "pc"),
        Field("take.k", TableType(TASK, IntType(0, 1)), (0, 0), "local"),
    )
    unheld = Property("L-S1", "never_held", "invariant", free, "Nobody ever holds the lock.", span=at(20))
    runner = Runner(TASK, "pc.Task", WHERE, ("take",))
    return System("Lock", (("Task", "2"),), fields, actions, (unheld,), (runner,))


def walk(system: System, *actions: tuple[str, tuple[Value, ...]], prop: str | None = None) -> Trace:
    """The trace that takes these steps from the initial state."""
    state, steps = system.init, []
    for name, picks in actions:
        outcome = run(system, system.action(name), state, picks)
        assert isinstance(outcome, Taken | Faulted)
        steps.append(Step(name, picks, outcome.state if isinstance(outcome, Taken) else None))
        state = outcome.state if isinstance(outcome, Taken) else state
    return Trace(system.fingerprint, tuple(steps), prop)


@pytest.fixture
def tour(zoo: System) -> Trace:
    """A trace of `zoo` that gives every field a value other than its first, and ends in the fault."""
    return walk(
        zoo,
        ("set_flag", (True,)),
        ("set_count", (-1,)),
        ("set_turn", (2,)),
        ("set_colour", ("GREEN",)),
        ("set_who", (1,)),
        ("set_owner", (1,)),
        ("set_maybe", (3,)),
        ("set_table", (1, True, 2)),
        ("set_by_int", (-1, "GREEN")),
        ("set_waiters", (1,)),
        ("set_waiters", (0,)),
        ("set_queue", (2, True)),
        ("set_queue", (0, False)),
        ("set_last", (3, True)),
        ("break_it", ()),
    )


@pytest.fixture
def stuck(lock: System) -> Trace:
    """Task0 takes the lock and keeps it."""
    return walk(lock, ("take", (1, 0)), ("take.held", (1,)), ("take", (0, 1)))
