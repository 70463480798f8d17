"""Litmus tests: what each of some CPUs may see of the others' stores."""

from __future__ import annotations

from enum import Enum, auto

from virtspec import Const, Model, Steps, each, invariant, process, reachable, require
from virtspec_models.case import Case
from virtspec_models.primitives.store_buffer import Memory


class Cpu(Enum):
    P0 = auto()
    P1 = auto()
    P2 = auto()
    P3 = auto()


class Var(Enum):
    X = auto()
    Y = auto()


class Test(Enum):
    """The programs, by the names that they have in the literature. Both variables are False at first."""

    SB = auto()  # store buffering: P0 stores X and loads Y, P1 stores Y and loads X
    MP = auto()  # message passing: P0 stores X, then Y; P1 loads Y, then X
    IRIW = auto()  # independent reads of independent writes: P0 stores X, P1 stores Y; P2 loads X, Y; P3 loads Y, X


class How(Enum):
    """How SB makes sure that a store is seen before the load that follows it."""

    PLAIN = auto()  # not at all
    MB = auto()
    XCHG = auto()
    CMPXCHG = auto()


class Litmus(Model):
    """Each CPU runs its program once."""

    test: Const[Test] = Test.SB
    how: Const[How] = How.MB
    tso: Const[bool] = True
    capacity: Const[int] = 1

    shared: Memory[Cpu, Var, bool] = Memory(tso=tso, capacity=capacity)
    begun: dict[Cpu, bool]
    ended: dict[Cpu, bool]
    own: dict[Cpu, bool] = each(True)  # what the CPU saw of its own store
    first: dict[Cpu, bool]  # what it saw of others'
    second: dict[Cpu, bool]

    def begin(self, c: Cpu) -> None:
        require(not self.begun[c])
        self.begun[c] = True

    @process
    def store_then_load(self, c: Cpu) -> Steps:
        require(self.test is Test.SB and c in (Cpu.P0, Cpu.P1))
        self.begin(c)
        yield "store"
        if self.how is How.XCHG:
            self.shared.xchg(c, stored_by(c), True)
        elif self.how is How.CMPXCHG:
            self.shared.cmpxchg(c, stored_by(c), False, True)
        else:
            self.shared.store(c, stored_by(c), True)
        yield "load_own"
        self.own[c] = self.shared.load(c, stored_by(c))
        if self.how is How.MB:
            yield "mb"
            self.shared.mb(c)
        yield "load"
        self.first[c] = self.shared.load(c, Var.Y if stored_by(c) is Var.X else Var.X)
        self.ended[c] = True

    @process
    def store(self, c: Cpu) -> Steps:
        require(c is Cpu.P0 if self.test is Test.MP else self.test is Test.IRIW and c in (Cpu.P0, Cpu.P1))
        self.begin(c)
        yield "store"
        self.shared.store(c, stored_by(c), True)
        if self.test is Test.MP:
            yield "store_flag"
            self.shared.store(c, Var.Y, True)
        self.ended[c] = True

    @process
    def load_twice(self, c: Cpu) -> Steps:
        require(c is Cpu.P1 if self.test is Test.MP else self.test is Test.IRIW and c in (Cpu.P2, Cpu.P3))
        self.begin(c)
        yield "first"
        self.first[c] = self.shared.load(c, Var.X if c is Cpu.P2 else Var.Y)
        yield "second"
        self.second[c] = self.shared.load(c, Var.Y if c is Cpu.P2 else Var.X)
        self.ended[c] = True


def stored_by(c: Cpu) -> Var:
    return Var.Y if c is Cpu.P1 else Var.X


@invariant(Litmus, id="OWN")
def own_stores_are_seen(m: Litmus) -> bool:
    """A CPU sees its own store, even before memory does."""
    return all(m.own[c] for c in Cpu)


@invariant(Litmus, id="SB")
def one_sees_the_other(m: Litmus) -> bool:
    """Of two CPUs that store and then load, one sees the other's store."""
    return m.test is not Test.SB or not (m.ended[Cpu.P0] and m.ended[Cpu.P1]) or m.first[Cpu.P0] or m.first[Cpu.P1]


@invariant(Litmus, id="MP")
def a_flag_tells_of_the_message(m: Litmus) -> bool:
    """Who sees the second store sees the first."""
    return m.test is not Test.MP or not (m.ended[Cpu.P1] and m.first[Cpu.P1]) or m.second[Cpu.P1]


@invariant(Litmus, id="IRIW")
def all_agree_on_an_order(m: Litmus) -> bool:
    """No two CPUs see two stores in different orders."""
    p2_saw_x_before_y = m.ended[Cpu.P2] and m.first[Cpu.P2] and not m.second[Cpu.P2]
    p3_saw_y_before_x = m.ended[Cpu.P3] and m.first[Cpu.P3] and not m.second[Cpu.P3]
    return not (p2_saw_x_before_y and p3_saw_y_before_x)


@reachable(Litmus, id="SEEN")
def a_store_is_seen(m: Litmus) -> bool:
    """Somebody sees what another stored."""
    return any(m.first[c] for c in Cpu)


@reachable(Litmus, id="EARLY")
def a_cpu_is_ahead_of_memory(m: Litmus) -> bool:
    """A CPU has gone on while its store is in its buffer."""
    return any(len(m.shared.buffer[c]) > 0 for c in Cpu)


EARLY = {"EARLY": "unreached"}

CASES = (
    Case("mb", "store buffering, with full barriers"),
    Case("plain", "the same without: neither sees the other's store", {"how": How.PLAIN}, {"SB": "violated 8"}),
    Case("sc", "the same where a store is in memory at once", {"how": How.PLAIN, "tso": False}, EARLY),
    Case("xchg", "a locked operation is a barrier, too", {"how": How.XCHG}, EARLY),
    Case("cmpxchg", "so is this one", {"how": How.CMPXCHG}, EARLY),
    Case("mp", "message passing, which needs no barrier", {"test": Test.MP, "capacity": 2}),
    Case("iriw", "independent reads of independent writes, which need none", {"test": Test.IRIW}),
)
