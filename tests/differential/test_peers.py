"""The oracle agrees with SPIN and with Rumur: states, transitions, depth, lengths of shortest counterexamples.

`tests/corpus/classics` holds the models as specifications, `tests/bench/peers` as Promela and Murphi texts of the same
atomicity, rule by rule. The searches share nothing, so that equal counts leave little room for an error in either.
Of liveness it is the verdicts that are compared, with SPIN's: `tests/bench/liveness` holds the claims. Nothing is
optimized: gcc takes longer than what it compiles.
"""

from __future__ import annotations

import platform
import re
import shutil
import string
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from virtspec.bench.liveness import CLAIMS
from virtspec.explore.oracle import check
from virtspec.explore.report import Report
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path
from virtspec.ir.system import System
from virtspec.trace.verdict import DEADLOCK, Holds, Verdict, Violated

CLASSICS = Path(__file__).parents[1] / "corpus" / "classics"
PEERS = Path(__file__).parents[1] / "bench" / "peers"
LIVENESS = Path(__file__).parents[1] / "bench" / "liveness"
PEER_NAMES = {"Client": "N", "Cpu": "N", "Proc": "N", "true": "1", "false": "0"}
"""How the peers' texts call and write what a configuration holds; any other name is the same in upper case."""


@dataclass(frozen=True)
class Case:
    """A model in one configuration, and what only the peers' texts need to know."""

    model: str
    ours: tuple[tuple[str, int | bool], ...] = ()
    extra: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        return "-".join([self.model, *(f"{name}={value}" for name, value in self.ours)])


@dataclass(frozen=True)
class Searched:
    """What a checker reports. `violation` is the number of steps to the first one; Rumur does not tell the depth."""

    states: int
    transitions: int
    depth: int | None
    violation: int | None


# --- the peers -------------------------------------------------------------------------------------------------------


def run(command: list[str], folder: Path) -> str:
    """The standard output of a program. A search that finds a violation may fail, nothing else."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0 or command[0] == "./search", done.stdout + done.stderr
    return done.stdout


def number(pattern: str, text: str) -> int:
    """The one number in a report that `pattern` finds."""
    found = re.search(pattern, text, re.MULTILINE)
    assert found is not None, text
    return int(found[1])


def spin(case: Case, constants: Mapping[str, str], deadlocks: bool, folder: Path) -> Searched:
    """Breadth-first search by SPIN, without reductions; `deadlocks` says whether they count as violations."""
    define = [f"-D{name}={value}" for name, value in constants.items()]
    run(["spin", "-a", "-o1", *define, str(PEERS / f"{case.model}.pml")], folder)
    run(["gcc", "-w", "-O0", "-DSAFETY", "-DNOREDUCE", "-DBFS", "-o", "search", "pan.c"], folder)
    text = run(["./search", *([] if deadlocks else ["-E"])], folder)
    violation = None
    if number(r"errors: (\d+)", text):
        # What SPIN calls the depth of a failed assertion is that of the state left by the step which fails.
        violation = number(r"\(at depth (\d+)\)", text) + ("assertion violated" in text)
    else:
        assert "Search not completed" not in text
    # SPIN counts the initial state as reached by a transition.
    states, transitions = number(r"^ *(\d+) states, stored", text), number(r"^ *(\d+) transitions", text) - 1
    return Searched(states, transitions, number(r"depth reached (\d+)", text), violation)


def rumur(case: Case, constants: Mapping[str, str], deadlocks: bool, folder: Path) -> Searched:
    """Breadth-first search by Rumur in one thread, without symmetry."""
    model = string.Template((PEERS / f"{case.model}.m").read_text()).substitute(constants)
    (folder / "model.m").write_text(model)
    options = ["--threads", "1", "--symmetry-reduction", "off", "--deadlock-detection", "stuck" if deadlocks else "off"]
    run(["rumur", *options, "model.m", "-o", "search.c"], folder)
    wide = ["-mcx16"] if platform.machine() == "x86_64" else []
    run(["gcc", "-w", "-O0", *wide, "-o", "search", "search.c", "-lpthread"], folder)
    text = run(["./search"], folder)
    violation = None if "No error found." in text else len(re.findall(r'^Rule ".*fired\.$', text, re.MULTILINE))
    states, fired = number(r"^\s*(\d+) states, ", text), number(r"states, (\d+) rules fired", text)
    return Searched(states, fired, None, violation)


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


Peer = Callable[[Case, Mapping[str, str], bool, Path], Searched]
both_peers = pytest.mark.parametrize(
    "peer", [pytest.param(spin, marks=needs("spin", "gcc")), pytest.param(rumur, marks=needs("rumur", "gcc"))]
)


# --- the oracle ------------------------------------------------------------------------------------------------------


@cache
def system(case: Case) -> System:
    module = load_path(CLASSICS / f"{case.model}.py")
    return load(module.models[0], module.properties, dict(case.ours))


@cache
def oracle(case: Case, only: tuple[str, ...] | None = None) -> Report:
    """Everything; or, with `only`, what is searched up to the first violation of one of these properties."""
    return check(system(case), only=only, fail_fast=only is not None)


def constants(case: Case) -> dict[str, str]:
    """The configuration as the peers' texts name it."""
    named = {PEER_NAMES.get(n, n.upper()): PEER_NAMES.get(v, v) for n, v in system(case).config}
    return named | {name: str(value) for name, value in case.extra}


# --- the comparison --------------------------------------------------------------------------------------------------

COUNTED = [
    Case("peterson", (("N", 3), ("L", 1)), (("LIMIT", 2),)),
    Case("peterson", (("N", 3), ("L", 2)), (("LIMIT", 1),)),
    Case("ticket_lock", (("Cpu", 3),)),
    Case("ticket_lock", (("Cpu", 5),)),
    Case("mcs", (("Proc", 2),)),
    Case("mcs", (("Proc", 3),)),
    Case("dining", (("N", 5),)),
    Case("dining", (("N", 5), ("one_differs", True))),
    Case("ring", (("P", 2), ("C", 1), ("K", 2))),
    Case("german", (("Client", 2), ("D", 2))),
]
COUNTED_SLOWLY = [
    Case("peterson", (("N", 4), ("L", 2)), (("LIMIT", 2),)),
    Case("peterson", (("N", 4), ("L", 3)), (("LIMIT", 1),)),
    Case("ticket_lock", (("Cpu", 7),)),
    Case("mcs", (("Proc", 4),)),
    Case("dining", (("N", 7),)),
    Case("ring", (("P", 2), ("C", 2), ("K", 2))),
    Case("ring", (("P", 3), ("C", 1), ("K", 2))),
    Case("german", (("Client", 3), ("D", 2))),
]


@both_peers
@pytest.mark.parametrize(
    "case", [*COUNTED, *(pytest.param(case, marks=pytest.mark.slow) for case in COUNTED_SLOWLY)], ids=str
)
def test_counts_are_the_same(case: Case, peer: Peer, tmp_path: Path) -> None:
    ours = oracle(case)
    deadlocks = isinstance(ours.verdicts[DEADLOCK], Violated)
    theirs = peer(case, constants(case), not deadlocks, tmp_path)
    depth = None if theirs.depth is None else ours.depth
    assert theirs == Searched(ours.states, ours.transitions, depth, violation=None)


BROKEN = {
    "one level too few for mutual exclusion": (
        Case("peterson", (("N", 3), ("L", 1)), (("LIMIT", 1),)),
        ("EXCLUSION",),
    ),
    "a ticket drawn with a read and a write": (Case("ticket_lock", (("fetch_add", False),)), ("EXCLUSION",)),
    "fewer tickets than processors": (Case("ticket_lock", (("Cpu", 4), ("tickets", 3))), ("EXCLUSION",)),
    "everybody takes the left fork first": (Case("dining", (("N", 5),)), (DEADLOCK,)),
    "no second look before going to sleep": (Case("ring", (("look_again", False),)), (DEADLOCK,)),
    "ownership granted before all copies are gone": (
        Case("german", (("wait_for_acks", False),)),
        ("COHERENCE", "DATA"),
    ),
}


@both_peers
@pytest.mark.parametrize(("case", "claims"), BROKEN.values(), ids=BROKEN)
def test_shortest_counterexamples_are_equally_long(
    case: Case, claims: tuple[str, ...], peer: Peer, tmp_path: Path
) -> None:
    found = [v for v in oracle(case, claims).verdicts.values() if isinstance(v, Violated)]
    theirs = peer(case, constants(case), DEADLOCK in claims, tmp_path)
    assert [theirs.violation] == [len(v.trace) for v in found]


# --- liveness --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Live:
    """A claim about a model in one configuration, and whether all processes are weakly fair.

    Without fairness only what is violated by steps without end can be compared: in SPIN somebody takes a step as long as
    somebody can, in our language everybody may stop.
    """

    model: str
    ours: tuple[tuple[str, int | bool], ...]
    claim: str
    fair: bool = True

    def __str__(self) -> str:
        values = [f"{name}={value}" for name, value in self.ours]
        return "-".join([self.model, *values, self.claim, *([] if self.fair else ["unfair"])])


def live_system(case: Live) -> System:
    module = load_path(LIVENESS / f"{case.model}_live.py")
    duties = [f"fair.{name}{part}" for name in CLAIMS[case.model].fair for part in ("", ".begin")]
    fairness = {duty: "weak" for duty in duties if case.fair}
    return load(module.models[0], module.properties, {**dict(case.ours), **fairness})


def live_spin(case: Live, constants: Mapping[str, str], folder: Path) -> bool:
    """Whether SPIN finds a behaviour that violates the claim."""
    define = [f"-D{name}={value}" for name, value in {**constants, case.claim: "1"}.items()]
    run(["spin", "-a", "-o1", *define, str(LIVENESS / f"{case.model}_live.pml")], folder)
    run(["gcc", "-w", "-O0", "-DNOREDUCE", "-o", "search", "pan.c"], folder)
    text = run(["./search", "-a", *(["-f"] if case.fair else []), "-A", "-E"], folder)
    assert f"(fairness {'enabled' if case.fair else 'disabled'})" in text and "max search depth" not in text
    violated = number(r"errors: (\d+)", text) > 0
    assert violated == ("acceptance cycle" in text)
    return violated


RING = (("P", 2), ("C", 1), ("K", 2))
JUDGED = {
    Live("peterson", (("N", 3), ("L", 2)), "ENTERS"): Holds,
    Live("peterson", (("N", 3), ("L", 1)), "ENTERS"): Holds,
    Live("peterson", (("N", 3), ("L", 2)), "ENTERS", fair=False): Violated,
    Live("mcs", (("Proc", 3),), "ENTERS"): Holds,
    Live("mcs", (("Proc", 2),), "ENTERS", fair=False): Violated,
    Live("ring", RING, "TAKES"): Holds,
    Live("ring", (*RING, ("look_again", False)), "TAKES"): Violated,
    Live("ring", RING, "EMPTIES"): Violated,
    Live("ring", (("P", 1), ("C", 2), ("K", 2)), "EMPTIES"): Violated,
    Live("ring", (("P", 1), ("C", 1), ("K", 2)), "EMPTIES"): Holds,
}


@needs("spin", "gcc")
@pytest.mark.parametrize(("case", "verdict"), JUDGED.items(), ids=map(str, JUDGED))
def test_verdicts_on_liveness_are_the_same(case: Live, verdict: type[Verdict], tmp_path: Path) -> None:
    system = live_system(case)
    ours = check(system, only=[case.claim]).verdicts[case.claim]
    parameters = {name: value for name, value in system.config if not name.startswith("fair.")}
    named = {PEER_NAMES.get(n, n.upper()): PEER_NAMES.get(v, v) for n, v in parameters.items()}
    theirs = live_spin(case, {**named, "LIMIT": "3"}, tmp_path)
    assert isinstance(ours, verdict)
    assert theirs == (verdict is Violated)
