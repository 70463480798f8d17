"""An implementation beside the model: which departures are noticed, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import pytest

from virtspec.errors import UsageError
from virtspec.ir.system import System
from virtspec.testing import Failure, machine, run
from virtspec.testing.beside import Behaviour


class TicketLock:
    """A right implementation, one method for each step."""

    def __init__(self) -> None:
        self.next = self.owner = 0
        self.tickets: dict[object, int] = {}

    def draw(self, who: object) -> None:
        self.tickets[who] = self.next
        self.next = (self.next + 1) % 4

    def enter(self, who: object) -> None:
        assert self.owner == self.tickets[who]

    def leave(self, who: object) -> None:
        self.owner = (self.owner + 1) % 4


class Right:
    """The adapter: what a user writes."""

    def __init__(self) -> None:
        self.lock = self.made()

    def made(self) -> TicketLock:
        return TicketLock()

    def step(self, action: str, picks: Mapping[str, object]) -> None:
        step = {"lock": self.lock.draw, "lock.wait": self.lock.enter, "lock.critical": self.lock.leave}[action]
        step(picks["t"])

    def observe(self) -> Mapping[str, object]:
        return {"next": self.lock.next, "owner": self.lock.owner}


class Saturating(TicketLock):
    """Forgets to wrap."""

    def draw(self, who: object) -> None:
        self.tickets[who] = self.next
        self.next = min(self.next + 1, 3)


class Wrong(Right):
    def made(self) -> TicketLock:
        return Saturating()


DEPARTURE = """
   0  initial state
          next: 0
          owner: 0
   1  lock(Task0)            ticket.py:15
          next: 0 -> 1
          Task0: idle -> lock.wait
   2  lock.wait(Task0)       ticket.py:18
          Task0: lock.wait -> lock.critical
   3  lock.critical(Task0)   ticket.py:20
          owner: 0 -> 1
          Task0: lock.critical -> idle
   4  lock(Task0)            ticket.py:15
          next: 1 -> 2
          lock.ticket[Task0]: 0 -> 1
          Task0: idle -> lock.wait
   5  lock.wait(Task0)       ticket.py:18
          lock.ticket[Task0]: 1 -> 0
          Task0: lock.wait -> lock.critical
   6  lock.critical(Task0)   ticket.py:20
          owner: 1 -> 2
          Task0: lock.critical -> idle
   7  lock(Task0)            ticket.py:15
          next: 2 -> 3
          lock.ticket[Task0]: 0 -> 2
          Task0: idle -> lock.wait
   8  lock(Task1)            ticket.py:15
          next: 3 -> 0
          lock.ticket[Task1]: 0 -> 3
          Task1: idle -> lock.wait
  =>  the implementation departs from the model
          next: expected 0, observed 3
"""


def walked(system: System, adapter: Callable[[], Right], *steps: str) -> Behaviour:
    behaviour = Behaviour(machine(system, adapter).plan)
    for step in steps:
        behaviour.take(next(i for i in behaviour.enabled(step.partition("(")[0]) if i.text == step))
    return behaviour


def test_a_right_implementation_passes(ticket: System) -> None:
    run(machine(ticket, Right))


def test_a_departure_is_found_in_as_few_steps_as_it_needs(ticket: System) -> None:
    with pytest.raises(Failure) as caught:
        run(machine(ticket, Wrong))
    assert caught.value.what == "implementation"
    assert [step.action for step in caught.value.trace.steps].count("lock") == 4
    assert len(caught.value.trace) == 8
    assert str(caught.value).splitlines()[-2:] == DEPARTURE.splitlines()[-2:]


def test_a_departure_reads_as_a_trace_with_what_differs(ticket: System) -> None:
    once = ("lock(Task0)", "lock.wait(Task0)", "lock.critical(Task0)")
    with pytest.raises(Failure) as caught:
        walked(ticket, Wrong, *once, *once, "lock(Task0)", "lock(Task1)")
    assert str(caught.value) == DEPARTURE


def test_what_is_not_observed_is_not_compared(ticket: System) -> None:
    class Careless(Saturating):
        def enter(self, who: object) -> None:
            pass

    class Blind(Right):
        def made(self) -> TicketLock:
            return Careless()

        def observe(self) -> Mapping[str, object]:
            return {"owner": self.lock.owner}

    run(machine(ticket, Blind))


def test_program_counters_and_locals_can_be_observed(ticket: System) -> None:
    class Standing(Right):
        def observe(self) -> Mapping[str, object]:
            return {"Task.pc": {"Task1": "idle"}, "lock.ticket": {}}

    walked(ticket, Standing, "lock(Task0)")
    with pytest.raises(Failure, match=r"Task.pc\[Task1\]: expected lock.wait, observed idle"):
        walked(ticket, Standing, "lock(Task1)")


def test_an_exception_of_the_implementation_keeps_its_type_and_tells_of_the_way_there(ticket: System) -> None:
    class Raising(Right):
        def step(self, action: str, picks: Mapping[str, object]) -> None:
            if action == "lock.critical":
                raise ValueError("not held")

        def observe(self) -> Mapping[str, object]:
            return {}

    with pytest.raises(ValueError, match="not held") as caught:
        run(machine(ticket, Raising))
    (note,) = caught.value.__notes__
    steps = [line.split()[1].partition("(")[0] for line in note.splitlines() if "ticket.py" in line]
    assert steps == ["lock", "lock.wait", "lock.critical"]
    assert note.endswith("the implementation raised in the last step\n          ValueError: not held\n")


def test_an_implementation_that_cannot_be_made_is_a_failure(ticket: System) -> None:
    def made() -> Right:
        raise OSError("no device")

    with pytest.raises(OSError, match="no device") as caught:
        run(machine(ticket, made))
    assert "the implementation cannot be made" in caught.value.__notes__[0]


def test_a_wrong_initial_state_is_a_departure_in_no_step(ticket: System) -> None:
    class Late(Right):
        def observe(self) -> Mapping[str, object]:
            return {"next": 1}

    with pytest.raises(Failure) as caught:
        run(machine(ticket, Late))
    assert len(caught.value.trace) == 0


def test_a_field_that_does_not_exist_is_the_adapters_mistake(ticket: System) -> None:
    class Misspelt(Right):
        def observe(self) -> Mapping[str, object]:
            return {"ownr": 0}

    with pytest.raises(UsageError, match="observe\\(\\) gives 'ownr', .*did you mean 'owner'"):
        run(machine(ticket, Misspelt))


def test_every_implementation_is_closed(ticket: System) -> None:
    class Counting(Wrong):
        alive: ClassVar[int] = 0

        def __init__(self) -> None:
            super().__init__()
            type(self).alive += 1

        def close(self) -> None:
            type(self).alive -= 1

    with pytest.raises(Failure):
        run(machine(ticket, Counting))
    assert Counting.alive == 0


# --- decisions of the implementation's own ---------------------------------------------------------------------------

POOL = """\
from typing import Annotated

from virtspec import Model, Range, action, choose, invariant, require


class Pool(Model):
    used: set[Annotated[int, Range(0, 2)]]
    last: Annotated[int, Range(0, 2)] | None

    @action
    def take(self) -> None:
        slot = choose(Annotated[int, Range(0, 2)])
        require(slot not in self.used)
        self.used.add(slot)
        self.last = slot

    @action
    def give(self, slot: Annotated[int, Range(0, 2)]) -> None:
        require(slot in self.used)
        self.used.remove(slot)
        self.last = None


@invariant(Pool)
def not_all(m: Pool) -> bool:
    return len(m.used) < 3
"""


class Allocator:
    """Gives out the highest free slot, and tells only how many are used."""

    def __init__(self) -> None:
        self.used: set[object] = set()
        self.told: list[Mapping[str, object]] = []

    def step(self, action: str, picks: Mapping[str, object]) -> None:
        self.told.append(picks)
        if action == "take":
            self.used.add(picks.get("slot", max({0, 1, 2} - self.used)))
        else:
            self.used.remove(picks["slot"])

    def observe(self) -> Mapping[str, object]:
        return {"used": self.used}


class Secretive(Allocator):
    def observe(self) -> Mapping[str, object]:
        return {}


@pytest.fixture
def pool(system_of: Callable[[str, str], System]) -> System:
    return system_of(POOL, "pool.py")


def test_the_implementation_decides_what_the_model_leaves_open(pool: System) -> None:
    run(machine(pool, Allocator, only=["fault"]))


def test_what_it_decided_is_learnt_from_what_is_seen(pool: System) -> None:
    behaviour = Behaviour(machine(pool, Allocator, only=["fault"]).plan)
    behaviour.take(behaviour.enabled("take")[0])
    assert [node.state[0] for node in behaviour.belief.nodes] == [frozenset({2})]
    assert [i.text for i in behaviour.enabled("give")] == ["give(slot=2)"]


def test_without_it_only_steps_that_all_possible_states_allow_are_taken(pool: System) -> None:
    behaviour = Behaviour(machine(pool, Secretive, only=["fault"]).plan)
    behaviour.take(behaviour.enabled("take")[0])
    assert [node.state[0] for node in behaviour.belief.nodes] == [frozenset({0}), frozenset({1}), frozenset({2})]
    assert behaviour.enabled("give") == []
    assert [i.text for i in behaviour.enabled("take")] == ["take"]


def test_a_property_is_violated_where_every_possible_state_violates_it(pool: System) -> None:
    with pytest.raises(Failure) as caught:
        run(machine(pool, Secretive))
    assert (caught.value.what, len(caught.value.trace)) == ("not_all", 3)


def test_a_pick_may_be_told(pool: System) -> None:
    behaviour = Behaviour(machine(pool, Allocator, tell=["slot"]).plan)
    behaviour.take(behaviour.enabled("take")[1])
    assert isinstance(behaviour.implementation, Allocator)
    assert behaviour.implementation.told == [{"slot": 1}]


def test_a_decision_the_model_does_not_allow_is_a_departure_from_the_closest_state(pool: System) -> None:
    class Twice(Allocator):
        def observe(self) -> Mapping[str, object]:
            return {"used": self.used, "last": 0}

    with pytest.raises(Failure) as caught:
        walk = Behaviour(machine(pool, Twice, only=["fault"]).plan)
        walk.take(walk.enabled("take")[0])
    assert "last: expected None, observed 0" in str(caught.value)


def test_the_closest_of_several_states_is_shown(pool: System) -> None:
    class Confused(Allocator):
        def observe(self) -> Mapping[str, object]:
            return {"used": self.used, "last": 1} if self.used else {}

    behaviour = Behaviour(machine(pool, Confused, only=["fault"]).plan)
    with pytest.raises(Failure) as caught:
        behaviour.take(behaviour.enabled("take")[0])
    lines = str(caught.value).splitlines()
    assert lines[-2:] == [
        "  =>  the implementation departs from the model; the closest of 3 states:",
        "          used: expected {1}, observed {2}",
    ]
