"""A trace as text: numbered steps, places, only what changed, the end and its reason."""

from dataclasses import replace

from virtspec.explore import reasons
from virtspec.ir.system import Field, Runner, System
from virtspec.ir.types import BOOL, EnumType, IntType, ScalarsetType, TableType
from virtspec.trace.render import differences, render, shown_steps, text
from virtspec.trace.trace import Trace

STUCK = """\
   0  initial state
          owner: None
   1  take(Task1, k=0)   spec.py:10
          owner: None -> Task1
          Task1: idle -> take.held
   2  take.held(Task1)   spec.py:14
          owner: Task1 -> None
          Task1: take.held -> idle
          spends wake
   3  take(Task0, k=1)   spec.py:10
          owner: None -> Task0
          take.k[Task0]: 0 -> 1
          Task0: idle -> take.held
  =>  nobody can take a step
          Task0 waits at take.held (spec.py:15) for take.k[t] == 0

      replay: virtspec replay stuck.itf.json
"""

TOUR = """\
   0  initial state
          flag: False   count: 0   turn: 0   colour: RED   who: Task0   owner: None   maybe: None
          table: all 0   by_int: all RED   waiters: {}   queue: []   last: Request(id=0, done=False)
   1  set_flag(x=True)                  spec.py:10
          flag: False -> True
          spends write
   2  set_count(x=-1)                   spec.py:11
          count: 0 -> -1
          spends write
   3  set_turn(x=2)                     spec.py:12
          turn: 0 -> 2
          spends write
   4  set_colour(x=GREEN)               spec.py:13
          colour: RED -> GREEN
          spends write
   5  set_who(x=Task1)                  spec.py:14
          who: Task0 -> Task1
          spends write
   6  set_owner(x=Task1)                spec.py:15
          owner: None -> Task1
          spends write
   7  set_maybe(x=3)                    spec.py:16
          maybe: None -> 3
          spends write
   8  set_table(i=Task1, j=True, x=2)   spec.py:17
          table[Task1][True]: 0 -> 2
   9  set_by_int(i=-1, x=GREEN)         spec.py:18
          by_int[-1]: RED -> GREEN
  10  set_waiters(x=Task1)              spec.py:19
          waiters: {} -> {Task1}
  11  set_waiters(x=Task0)              spec.py:19
          waiters: {Task1} -> {Task0, Task1}
  12  set_queue(id=2, done=True)        spec.py:20
          queue: [] -> [Request(id=2, done=True)]
  13  set_queue(id=0, done=False)       spec.py:20
          queue: [Request(id=2, done=True)] -> [Request(id=2, done=True), Request(id=0, done=False)]
  14  set_last(id=3, done=True)         spec.py:21
          last.id: 0 -> 3
          last.done: False -> True
  15  break_it                          spec.py:30
          fault: it broke (spec.py:31)
      in all: write x7
  =>  a step ends in a fault
"""


def test_a_deadlock_with_its_reason_and_the_replay_command(lock: System, stuck: Trace) -> None:
    reason = reasons.deadlock_reason(lock, stuck.states(lock)[-1])
    assert text(render(lock, stuck, reason=reason, command="virtspec replay stuck.itf.json")) == STUCK


def test_changes_of_every_type_and_a_fault(zoo: System, tour: Trace) -> None:
    assert text(render(zoo, tour, reason="it broke")) == TOUR


def test_a_violated_invariant_says_what_is_not_true(zoo: System, tour: Trace) -> None:
    lines = render(zoo, Trace(tour.fingerprint, tour.steps[:1], "ZOO-S1"), reason="not flag")
    assert [line.text for line in lines[-2:]] == ["  =>  ZOO-S1 is violated; not true:", "          not flag"]


def test_a_witness_just_ends(zoo: System, tour: Trace) -> None:
    lines = render(zoo, Trace(tour.fingerprint, tour.steps[:1], "ZOO-R1"))
    assert lines[-1].text == "  =>  ZOO-R1 is reached"


def test_the_empty_trace(zoo: System, tour: Trace) -> None:
    lines = render(zoo, Trace(tour.fingerprint, (), "ZOO-S1"))
    assert lines[0].text == "   0  initial state"
    assert lines[-1].text == "  =>  ZOO-S1 is violated"


def test_long_changes_are_wrapped_further_in(zoo: System, tour: Trace) -> None:
    lines = [line.text for line in render(zoo, tour, width=70)]
    at = lines.index("          queue: [Request(id=2, done=True)] -> [Request(id=2,")
    assert lines[at + 1] == "              done=True), Request(id=0, done=False)]"


def test_a_long_reason_is_wrapped(lock: System, stuck: Trace) -> None:
    lines = [line.text for line in render(lock, stuck, reason="word " * 30, width=60)]
    assert lines[-4] == "          word word word word word word word word word word"
    assert lines[-3] == "              word word word word word word word word word"


def test_the_only_entry_of_a_table_is_named(lock: System, stuck: Trace) -> None:
    only = Field("busy", TableType(ScalarsetType("Irq", 1), TableType(IntType(7, 7), BOOL)), ((False,),))
    system = replace(lock, fields=(only,), actions=(), runners=())
    assert render(system, Trace(system.fingerprint, ()))[1].text == "          busy[Irq][7]: False"


def test_places_are_told_apart_from_the_text(lock: System, stuck: Trace) -> None:
    steps = [line for line in render(lock, stuck) if line.kind == "step"]
    assert [line.place for line in steps] == ["", "spec.py:10", "spec.py:14", "spec.py:10"]
    assert all(line.text.endswith(line.place) for line in steps)


def test_steps_as_data(lock: System, stuck: Trace) -> None:
    step = shown_steps(lock, stuck)[1]
    assert (step.number, step.action, step.picks, step.costs) == (2, "take.held", (("t", "Task1"),), ("wake",))
    assert [str(change) for change in step.changes] == ["owner: Task1 -> None", "Task1: take.held -> idle"]


def test_a_runner_that_is_a_number_is_named_by_its_program_counter(lock: System) -> None:
    queue, where = IntType(0, 1), EnumType("serve.pc", ("idle", "serve.pop"))
    pc = Field("serve.pc", TableType(queue, where), ("idle", "idle"), "pc")
    system = replace(lock, fields=(pc,), runners=(Runner(queue, "serve.pc", where, ("serve",)),))
    [change] = differences(system, (("idle", "idle"),), (("idle", "serve.pop"),))
    assert str(change) == "serve[1]: idle -> serve.pop"
