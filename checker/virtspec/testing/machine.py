"""A Hypothesis state machine from a system: random behaviours of the model, and of an implementation beside it.

    machine(system)                 a rule per action; invariants, transitions, faults and deadlock judged after each step
    machine(system, Adapter)        the same, while an implementation takes the same steps and is observed after each
    run(machine(...))               in a test; or give the class's `.TestCase` to pytest or unittest

An adapter is what a test writes about an implementation: how to make a fresh one, how to take a step, what can be seen of
it. Values are plain Python, see `observed`:

    class Adapter:
        def __init__(self) -> None:
            self.lock = TicketLock()

        def step(self, action: str, picks: Mapping[str, object]) -> None:
            getattr(self.lock, action.replace(".", "_"))(picks["t"])

        def observe(self) -> Mapping[str, object]:
            return {"next": self.lock.next, "owner": self.lock.owner}

After every step the observation must be that of a state the model may be in. What is not observed is not compared. What
the model leaves to `choose` is the implementation's own decision, which it does not have to disclose: the machine keeps
every state that is compatible with what was seen, and takes a step only where all of them allow it. A property is
violated where all of them violate it. An exception of the implementation's is a failure as it is, with the behaviour that
led to it as a note.

A failure shows a behaviour of the model that is as short as leaving out steps can make it, each step with its place in
the specification. Hypothesis itself shrinks less: where its own settings let it print a program, that may be a longer one
with the same failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar

from hypothesis import Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from virtspec.errors import UsageError
from virtspec.ir.nodes import Choose, Var
from virtspec.ir.system import Action, System
from virtspec.ir.walk import statements
from virtspec.source import did_you_mean
from virtspec.testing.belief import Instance, Steps
from virtspec.testing.beside import Adapter, Behaviour, Failure, Plan
from virtspec.testing.minimal import again, minimal
from virtspec.trace.verdict import DEADLOCK, FAULT

__all__ = ["DETERMINISTIC", "Adapter", "Failure", "ModelMachine", "machine", "run"]

DETERMINISTIC = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    print_blob=False,
    verbosity=Verbosity.quiet,
)
"""The same examples in every run, whatever ran before and however busy the machine is; the failure alone is shown."""


def machine(
    system: System,
    adapter: Callable[[], Adapter] | None = None,
    *,
    only: Sequence[str] | None = None,
    tell: Iterable[str] = (),
) -> type[ModelMachine]:
    """A state machine with a rule for each action of `system`.

    `adapter` makes an implementation that runs beside the model. `only` names the properties to judge by id, "fault" and
    "deadlock" among them; None means all but witnesses, which no behaviour can refute. Where a fault is not judged, steps
    that run into it are not taken. `tell` names picks of `choose` that the adapter is told; without an adapter all are drawn.

    Raises UsageError for an id or a pick that does not exist.
    """
    known = [p.id for p in system.properties if p.kind != "reachable"] + [p.id for p in system.faultless]
    known += [FAULT, DEADLOCK]
    picks = {s.var.name for a in system.actions for s in statements(a.body) if isinstance(s, Choose)}
    told = frozenset(tell)
    _check("property", only or (), known)
    _check("pick", sorted(told), picks)

    def tells(action: Action, var: Var) -> bool:
        return adapter is None or var in action.params or var.name in told

    judged = frozenset(known if only is None else only)
    plan = Plan(system, adapter, judged, Steps(system, tells, judged))
    body: dict[str, Any] = {"plan": plan, "__doc__": f"Random behaviours of {system.name}.", "__module__": __name__}
    for action in system.actions:
        name = _method_name(action.name, body)
        body[name] = _rule(name, action)
    return type(f"{system.name}Machine", (ModelMachine,), body)


def run(machine: type[RuleBasedStateMachine], settings: settings = DETERMINISTIC) -> None:
    """Run a state machine as a test, or as a part of one. Raises what the smallest failing example raises."""
    run_state_machine_as_test(machine, settings=settings)


def _check(what: str, names: Iterable[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(f"there is no {what} {name!r}" + (f"; {hint}" if hint else ""))


def _method_name(action: str, taken: Mapping[str, object]) -> str:
    """The action's name as an identifier that is not taken."""
    name = "".join(c if c.isalnum() else "_" for c in action)
    while name in taken or hasattr(ModelMachine, name):
        name += "_"
    return name


def _rule(name: str, action: Action) -> Any:
    """The rule that takes a step of `action`: any instance that is enabled wherever the system may be."""

    def enabled(self: ModelMachine) -> list[Instance]:
        return self.behaviour.enabled(action.name)

    def take(self: ModelMachine, step: Instance) -> None:
        self.take(step)

    take.__name__ = name
    instances = st.runner().flatmap(lambda self: st.sampled_from(enabled(self)))
    return precondition(lambda self: bool(enabled(self)))(rule(step=instances)(take))


class ModelMachine(RuleBasedStateMachine):
    """Base of what `machine` makes."""

    plan: ClassVar[Plan]
    shortest: ClassVar[dict[str, list[Instance]]]
    """By what fails, the shortest behaviour that was seen to end in it."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.shortest = {}

    def __init__(self) -> None:
        super().__init__()
        self.behaviour = Behaviour(self.plan)

    @precondition(lambda self: not self.behaviour.belief.instances)
    @rule()
    def rest(self) -> None:
        """Nothing can happen any more, and Hypothesis wants a rule nevertheless."""

    def take(self, step: Instance) -> None:
        """Take one step."""
        with _Shortened(self):
            self.behaviour.take(step)

    def teardown(self) -> None:
        self.behaviour.close()


class _Shortened:
    """Lets an exception that leaves the block tell of the shortest behaviour known that ends like this."""

    def __init__(self, machine: ModelMachine) -> None:
        self.machine = machine

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception) or isinstance(error, HypothesisException):
            return
        shorter = self.shortest(error)
        error.__notes__ = getattr(shorter, "__notes__", [])
        if isinstance(error, Failure) and isinstance(shorter, Failure):
            error.args, error.trace = shorter.args, shorter.trace

    def shortest(self, error: Exception) -> Exception:
        """The failure at the end of the shortest behaviour. It is looked for anew where a shorter one comes along."""
        done, known = self.machine.behaviour.done, self.machine.shortest
        what = error.what if isinstance(error, Failure) else type(error).__qualname__
        if what in known and len(known[what]) <= len(done):
            found = again(self.machine.plan, known[what], error)
            if found is not None:
                return found[1]
        known[what], shorter = minimal(self.machine.plan, done, error)
        return shorter
