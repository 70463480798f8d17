"""Do logs of the reference implementations conform to the models, whoever says which task comes next?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from pathlib import Path as File

import pytest

from virtspec import api
from virtspec.ir.nodes import Choose
from virtspec.ir.system import System
from virtspec.ir.types import show
from virtspec.ir.walk import statements
from virtspec.semantics.interp import Disabled, Faulted, State, Taken, outcomes
from virtspec.semantics.successors import holds
from virtspec.trace.verdict import violated_by
from virtspec_models.mdev.reference.crowd import REFERENCE as MDEV
from virtspec_models.mdev.reference.crowd import VERSIONS, Crowd
from virtspec_models.mdev.reference.kernel import RwSem
from virtspec_models.playing.command import main
from virtspec_models.playing.paths import KernelBug, Line, Path, Stop
from virtspec_models.playing.play import Deadlock, Play, Tasks, again, at_random, read, text
from virtspec_models.playing.schedules import explore, search
from virtspec_models.playing.threads import Threads
from virtspec_models.request_batching.reference import versions as batching
from virtspec_models.request_batching.reference.driver import Driver

REFERENCES = {name: r for r in (MDEV, batching.REFERENCE) for name in r.versions}
"""By the name of a version, of which no two references have the same."""

# --- following a log -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Followed:
    """Where a log departs from a model, None if it does not, and what is violated on the way, by its first line."""

    departs: int | None
    violated: Mapping[str, int]


def follow(system: System, log: Sequence[Line], judged: bool = False) -> Followed:
    """The set of states that the lines so far allow; the first line that none of them allows.

    A line is a step of the action it names, taken by its thread, with the picks that it tells; a `fault` is such a step
    that faults. A property is violated where every step that may have been taken violates it, if that is `judged`.
    """
    states = {system.init}
    violated: dict[str, int] = {}
    for number, line in enumerate(log):
        label, kind = (line["label"], Faulted) if line["event"] == "fault" else (line["event"], Taken)
        ways = [(before, way, told) for before in states for way, told in ways_of(system, str(label), before)]
        fitting = [
            (before, way)
            for before, way, told in ways
            if isinstance(way, kind) and all(str(line.get(name, value)) == value for name, value in told.items())
        ]
        if not fitting:
            return Followed(number, violated)
        if judged:
            for prop in set.intersection(*(broken(system, before, way) for before, way in fitting)):
                violated.setdefault(prop, number)
        states = {way.state for _, way in fitting if isinstance(way, Taken)}
    return Followed(None, violated)


@cache
def ways_of(system: System, label: str, state: State) -> list[tuple[Taken | Faulted, Mapping[str, str]]]:
    """The ways an action can go, each with its thread and its picks as text; "None" is one that was not come to."""
    found: list[tuple[Taken | Faulted, Mapping[str, str]]] = []
    for action in (a for a in system.actions if a.name == label):
        chosen = {s.var.name: "None" for s in statements(action.body) if isinstance(s, Choose)}
        for way in outcomes(system, action, state):
            if not isinstance(way, Disabled):
                picks = [(var.name, show(var.type, value)) for var, value in way.picks]
                found.append((way, {**chosen, **dict(picks), "thread": picks[0][1]}))
    return found


@cache
def broken(system: System, before: State, way: Taken | Faulted) -> set[str]:
    """The ids of what a step violates: by its fault, by itself, or by where it leads."""
    if isinstance(way, Faulted):
        return set(violated_by(system, way))
    judged = [p for p in system.properties if p.kind in ("invariant", "transition")]
    return {p.id for p in judged if not holds(system, p, way.state, before)}


def model(version: str, faulty: bool, **sizes: object) -> System:
    """The model that the header of a version's log names, or a smaller one."""
    header = REFERENCES[version].header(version, faulty)
    return load(str(header["mechanism"]), str(header["config"]), json.dumps(sizes or header["params"]))


@cache
def load(mechanism: str, config: str, params: str) -> System:
    return api.load(mechanism, config, json.loads(params))


# --- every version beside its own model ------------------------------------------------------------------------------


def played(tasks: Tasks, run: Callable[[Play], None]) -> list[Line]:
    """The log of a play; a bug of the kernel ends it, and is in the log."""
    log: list[Line] = []
    try:
        run(Play(tasks, log.append))
    except KernelBug as bug:
        assert (log[-1]["event"], log[-1]["message"]) == ("fault", str(bug))
    return log


def by_threads(play: Play) -> None:
    Threads(play, seed=0).run()


@pytest.mark.parametrize("version", REFERENCES)
def test_random_schedules_conform(version: str) -> None:
    for seed in range(20):
        log = played(REFERENCES[version].versions[version].tasks(), partial(at_random, seed=seed))
        assert follow(model(version, faulty=True), log).departs is None


@pytest.mark.parametrize("version", REFERENCES)
def test_runs_of_real_threads_conform_and_can_be_played_again(version: str) -> None:
    tasks = REFERENCES[version].versions[version].tasks
    for _ in range(10):
        log = played(tasks(), by_threads)
        assert [line["time"] for line in log] == list(range(len(log)))
        assert follow(model(version, faulty=True), log).departs is None
        assert played(tasks(), partial(again, schedule=log)) == log


def test_the_operating_system_interleaves_the_threads() -> None:
    logs = [played(MDEV.versions["F3"].tasks(), by_threads) for _ in range(20)]
    switches = sum(one["thread"] != other["thread"] for log in logs for one, other in pairwise(log))
    assert switches > sum(map(len, logs)) / 5  # if each ran to its end before the next, it would be less than that


# --- every schedule with few preemptions -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Small:
    """A play that is small enough for all its schedules, and the sizes of a model to go with it."""

    tasks: Callable[[], Tasks]
    sizes: Mapping[str, object]


def small_crowd(version: str) -> Small:
    """One of each, who begin once, and a vendor who agrees."""
    crowd = Crowd(("Creator",), ("Remover",), (), ("Uuid",), runs=1)
    return Small(lambda: crowd.tasks(VERSIONS[version](slots=("Slot",), vendor_fails=False)), {"Slot": 1})


def small_queue(driver: type[Driver], submitters: int = 1, batch: int = 1, lists: int = 2, faults: int = 0) -> Small:
    sizes = {"Sub": submitters, "plan": ",".join("0" * batch), "lists_each": lists}
    return Small(
        lambda: driver(submitters=submitters, batch=batch, lists=lists, faults=faults, kinds=("IOERR",)).tasks(),
        {**sizes, "faults_total": faults, "kinds": "IOERR", "spurious": False},
    )


SMALL = {
    **{version: small_crowd(version) for version in VERSIONS},
    "v6.1": small_queue(Driver),
    "W1": small_queue(batching.CommitsOnlyIfSomethingIsLeft, batch=2, faults=1),
    "W8": small_queue(batching.SleepsWithoutALook),
    "W9": small_queue(batching.KicksOutsideTheLock, submitters=2, lists=1),
}


@pytest.mark.parametrize(
    ("version", "preemptions", "schedules"),
    [
        ("v6", 2, 186),
        ("pre", 2, 334),
        ("v5", 2, 183),
        ("F3", 2, 172),
        ("v6.1", 2, 543),
        ("W1", 1, 606),
        ("W8", 2, 324),
        ("W9", 1, 210),
    ],
)
def test_all_schedules_with_few_preemptions_conform(version: str, preemptions: int, schedules: int) -> None:
    small = SMALL[version]
    logs = list(explore(small.tasks, preemptions))
    assert len(logs) == len({tuple(map(text, log)) for log in logs}) == schedules
    for log in logs:
        assert follow(model(version, True, **small.sizes), log).departs is None


@pytest.mark.parametrize(
    ("version", "line", "event"),
    [
        ("pre", 2, "create_store.set_up.device_register"),
        ("v5", 7, "mdev_unregister_parent.remove.drain"),
        ("W1", 5, "dispatch"),
        ("W8", 16, "handle_vq"),
        ("W9", 3, "dispatch.virtscsi_add_cmd.kick_unlocked.read"),
    ],
)
def test_a_wrong_version_departs_from_what_it_claims_to_be(version: str, line: int, event: str) -> None:
    """At the line itself: with v5, whose create forgets an mdev, the drain of `create` does not wait for its release."""
    small = SMALL[version]
    claimed = model(version, False, **small.sizes)
    log = search(small.tasks, lambda log: follow(claimed, log).departs is not None, preemptions=1)
    assert log is not None
    assert follow(claimed, log).departs == line
    assert log[line]["event"] == event


@pytest.mark.parametrize(
    ("version", "prop", "schedule", "line"),
    [
        ("pre", "MDEV-S1", 4, 18),
        ("v5", "MDEV-S10", 29, 8),
        ("v6", "MDEV-S2D", 7, 22),
        ("W1", "RB-P1", 6, 18),
        ("W8", "RB-P1", 39, 14),
        ("W9", "RB-P4", 93, 11),
    ],
)
def test_what_goes_wrong_has_the_name_of_a_property_and_a_schedule(
    version: str, prop: str, schedule: int, line: int
) -> None:
    """Beside the model that makes the same mistake. None of these takes more than one preemption."""
    small = SMALL[version]
    own = model(version, True, **small.sizes)
    found = ((n, log) for n, log in enumerate(explore(small.tasks, 1)) if prop in follow(own, log, True).violated)
    number, log = next(found)
    assert (number, follow(own, log, True).violated[prop]) == (schedule, line)
    assert played(small.tasks(), partial(again, schedule=log)) == log


@pytest.mark.parametrize("version", ["F3", "v6.1"])
def test_nothing_goes_wrong_in_what_is_right(version: str) -> None:
    small = SMALL[version]
    for log in explore(small.tasks, 1):
        assert follow(model(version, True, **small.sizes), log, judged=True) == Followed(None, {})


# --- players, with tasks of two stretches ----------------------------------------------------------------------------


def two_stretches() -> Path[None]:
    yield Stop("a", begins=True)
    yield Stop("b")


def test_schedules_come_by_their_preemptions_each_once() -> None:
    def names(log: list[Line]) -> str:
        return "".join(str(line["thread"]) for line in log)

    by_bound = [
        [names(log) for log in explore(lambda: {"A": two_stretches(), "B": two_stretches()}, n)] for n in (0, 1, 2)
    ]
    assert by_bound[0] == ["AABB", "BBAA"]
    assert by_bound[1] == [*by_bound[0], "ABBA", "BAAB"]
    assert by_bound[2] == [*by_bound[1], "ABAB", "BABA"]


def deadlocking() -> Tasks:
    """Two who take two locks in different order."""
    locks = RwSem(), RwSem()

    def path(task: str, first: RwSem, second: RwSem) -> Path[None]:
        yield Stop("begin", begins=True)
        yield from first.down_write(task)
        yield from second.down_write(task)
        second.up_write(task)
        first.up_write(task)

    return {"A": path("A", *locks), "B": path("B", *locks[::-1])}


@pytest.mark.parametrize("run", [partial(at_random, seed=0), by_threads, partial(again, schedule=[])])
def test_a_deadlock_ends_a_play_and_says_who_waits_where(run: Callable[[Play], None]) -> None:
    play = Play(deadlocking(), lambda line: None)
    for task in ("A", "B", "A", "B"):
        play.go(task, {})
    with pytest.raises(Deadlock, match="nobody can go on: A at down_write, B at down_write"):
        run(play)
        play.end()


def test_exploring_finds_the_deadlock_and_tells_the_schedule() -> None:
    with pytest.raises(Deadlock) as found:
        list(explore(deadlocking, 1))
    [schedule] = found.value.__notes__
    assert [json.loads(line)["thread"] for line in schedule.splitlines()] == ["A", "B", "B", "A"]


def test_any_exception_in_a_thread_ends_the_run() -> None:
    def failing() -> Path[None]:
        yield Stop("begin", begins=True)
        raise KernelBug("so it goes")

    def waiting() -> Path[None]:
        yield Stop("begin", lambda: False, begins=True)

    log: list[Line] = []
    with pytest.raises(KernelBug, match="so it goes"):
        by_threads(Play({"A": failing(), "B": waiting()}, log.append))
    assert log == [{"event": "fault", "thread": "A", "time": 0, "message": "so it goes", "label": "begin"}]


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [["--seed", "5"], ["--threads"]], ids=" ".join)
@pytest.mark.parametrize("version", REFERENCES)
def test_a_log_is_a_schedule(version: str, how: list[str], tmp_path: File) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    code = main(REFERENCES[version], ["--version", version.upper(), *how, "--log", str(first)])
    again = main(REFERENCES[version], ["--version", version, "--schedule", str(first), "--log", str(second)])
    assert first.read_bytes() == second.read_bytes()
    assert code == again == ('"event": "fault"' in first.read_text())


def test_a_log_names_the_model_to_compare_it_with(capsys: pytest.CaptureFixture[str]) -> None:
    headers = []
    for more in ([], ["--faulty"]):
        assert main(MDEV, ["--version", "v5", *more]) == 0
        headers.append(json.loads(capsys.readouterr().out.splitlines()[0]))
    assert [header.pop("config") for header in headers] == ["v6", "v5"]
    assert [header.pop("mistake", None) for header in headers] == ["v5", None]
    sizes = {"Creator": 2, "Remover": 2, "Slot": 2, "Uuid": 2, "vendor_fails": True}
    assert headers == [{"virtspec": 1, "mechanism": "mdev", "source": "reference", "params": sizes}] * 2


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["{"], "line 1: Expecting property name"),
        (["[]"], "line 1 is no object"),
        (['{"virtspec": 1}', '{"event": "close"}'], "line 2 does not say which event it is, and of which thread"),
        (['{"event": "close", "thread": "User"}'], "step 0: User cannot take close here"),
        (
            ['{"event": "mdev_unregister_parent", "thread": "Parent", "time": 7}'],
            'step 0: the schedule says {"event": "mdev_unregister_parent", "thread": "Parent", "time": 7}, but what happens',
        ),
    ],
)
def test_a_bad_schedule_is_refused(
    lines: list[str], message: str, tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("\n".join(lines))
    with pytest.raises(SystemExit) as end:
        main(MDEV, ["--schedule", str(bad)])
    assert end.value.code == 2
    assert f"error: {bad}: {message}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--version", "v7"], "argument --version: invalid choice: 'v7'"),
        (["--threads", "--schedule", "x"], "argument --schedule: not allowed with argument --threads"),
        (["--schedule", "no-such-file"], "No such file or directory: 'no-such-file'"),
    ],
)
def test_bad_arguments_are_refused(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(MDEV, arguments)
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_a_bug_of_the_kernel_is_told_and_gives_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(MDEV, ["--version", "pre", "--seed", "0"]) == 1
    out, err = capsys.readouterr()
    assert err == "python -m virtspec_models.mdev.reference: kernel bug: use after free: directory is read\n"
    *_, last = read(out.splitlines())
    assert (last["event"], last["message"]) == ("fault", "use after free: directory is read")
    assert last["label"] == "remove_store.device_create_file"
