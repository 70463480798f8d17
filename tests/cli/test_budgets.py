"""Budgets on the command line: what is spent stands beside the verdict, in reports, traces, manifests and simulations."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import MANIFEST, Run
from tests.cli.schema import problems

QUEUE = '''\
from typing import Annotated

from virtspec import Budget, Const, Model, Range, Singleton, Steps, action, budget, cost, process, require, spent


class Driver(Singleton):
    """The only thread."""


class Queue(Model):
    retry: Const[bool] = False
    left: Annotated[int, Range(0, 2)] = 2
    awake: bool

    @process
    def submit(self, d: Driver) -> Steps:
        require(self.left > 0)
        self.left -= 1
        yield "kick"
        if not self.awake:
            cost("doorbell")
            self.awake = True

    @action
    def again(self) -> None:
        require(self.retry and self.awake)
        cost("doorbell")

    @action
    def sleep(self) -> None:
        self.awake = False


@budget(Queue, id="C1")
def a_call(m: Queue) -> Budget:
    """One doorbell a call."""
    return spent("doorbell", call=m.submit) <= 1


@budget(Queue, id="C2")
def in_all(m: Queue) -> Budget:
    """One doorbell in all."""
    return spent("doorbell") <= 1


@budget(Queue, id="C3")
def never(m: Queue) -> Budget:
    """Nothing begins."""
    return spent("doorbell", start=False, stop=True) <= 1
'''

VERDICTS = """\
  C1        holds: 0 to 1                 One doorbell a call.
  C2        violated in 5 steps: 1 to 2   One doorbell in all.
  C3        holds                         Nothing begins.
  fault     holds                         No step runs into a fault.
  deadlock  holds                         No process waits for ever for what nobody can do.
"""

C2 = """\
C2: One doorbell in all.

   0  initial state
          left: 2
          awake: False
   1  submit(Driver)        ring.py:16
          left: 2 -> 1
          Driver: idle -> submit.kick
   2  submit.kick(Driver)   ring.py:19
          awake: False -> True
          Driver: submit.kick -> idle
          spends doorbell
"""

COST = '''

@budget(Lock, id="L-C1")
def a_call(m: Lock, t: Task) -> Budget:
    """Taking the lock is one atomic operation."""
    return spent("atomic", call=m.run, by=t) <= 1
'''


@pytest.fixture
def queue(spec: Path) -> Path:
    (spec / "ring.py").write_text(QUEUE)
    return spec


@pytest.fixture
def costly(zebra: Path) -> Path:
    """The mechanism of the other tests with a budget; its manifest is still without."""
    path = zebra / "spec.py"
    path.write_text(path.read_text().replace("import Const", "import Budget, budget, spent, Const") + COST)
    return zebra


# --- check -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["native", "oracle"])
def test_what_is_spent_stands_beside_the_verdict(queue: Path, run: Run, engine: str) -> None:
    done = run("check", "ring.py", "--engine", engine)
    assert re.sub(" +", " ", VERDICTS) in re.sub(" +", " ", done.out)
    assert C2 in done.out
    assert "      in all: doorbell x2\n  =>  what is spent, C2:\n" in done.out
    assert re.search(r"\n          doorbell: 2 from step 1 \(at steps 2 and \d\); at most 1 is allowed\n", done.out)
    assert (done.code, done.err) == (1, "")


def test_quiet_prints_what_is_violated_with_what_is_spent(queue: Path, run: Run) -> None:
    assert run("check", "ring.py", "-q").out == "  C2  violated in 5 steps: 1 to 2  One doorbell in all.\n"


def test_any_number_is_said_in_words(queue: Path, run: Run) -> None:
    done = run("check", "ring.py", "-p", "retry=true", "--property", "C2", "--no-traces")
    assert ": up to any number, none ends  One doorbell in all.\n" in done.out or ": 1 to any number  " in done.out
    assert "   ~  the following step for ever\n" in done.out
    assert "          doorbell: 1 each time round, for ever; at most 1 is allowed\n" in done.out


def test_verbose_shows_the_least_and_the_most(queue: Path, run: Run) -> None:
    out = run("check", "ring.py", "-v", "--no-traces").out
    titles = re.findall(r"^(C\d.*): ", out, re.MULTILINE)
    # The most of C2 is what violates it. Nothing is known of C3.
    assert titles == ["C1, the least", "C1, the most", "C2", "C2, the least"]
    assert "          doorbell: 1 from step 1 to step 2 (at step 2); at most 1 is allowed, for by = Driver\n" in out
    assert "          doorbell: 0 from step 3 to step 4; at most 1 is allowed, for by = Driver\n" in out


def stored(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).glob("*.itf.json"))


def test_the_least_and_the_most_are_stored_where_traces_are_asked_for(queue: Path, run: Run) -> None:
    run("check", "ring.py")
    assert stored("virtspec-traces") == ["ring-C2.itf.json"]
    run("check", "ring.py", "--trace-dir", "t")
    assert stored("t") == [f"ring-{name}.itf.json" for name in ("C1-least", "C1-most", "C2-least", "C2-most", "C2")]
    for name in stored("t"):
        done = run("replay", f"t/{name}")
        assert done.code == 0
        assert done.out.endswith("\nThe trace replays.\n")
        assert "  =>  what is spent, C" in done.out


def test_the_replay_commands_of_a_verbose_report_work(queue: Path, run: Run) -> None:
    commands = re.findall("replay: virtspec (.*)", run("check", "ring.py", "-v", "--trace-dir", "t").out)
    assert commands == [f"replay t/ring-{name}.itf.json" for name in ("C1-least", "C1-most", "C2", "C2-least")]
    assert [run(*command.split()).code for command in commands] == [0] * 4


def test_a_trace_without_end_replays(queue: Path, run: Run) -> None:
    run("check", "ring.py", "-p", "retry=true", "--property", "C2", "--trace-dir", "t")
    done = run("replay", "t/ring-retry=true-C2-most.itf.json")
    assert done.code == 0
    assert "doorbell: 1 each time round, for ever" in done.out


def report(run: Run, *args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*args, "--format", "json").out)
    return found


def test_json_has_amounts_with_their_traces(queue: Path, run: Run) -> None:
    found = report(run, "check", "ring.py", "--trace-dir", "t")
    schema = json.loads((files("virtspec.explore") / "report.v1.schema.json").read_text())
    assert problems(schema, found) == []
    by_id = {p["id"]: p for p in found["properties"]}
    assert {p["kind"] for p in by_id.values()} == {"budget", "fault", "deadlock"}
    amounts = {i: p["amounts"] for i, p in by_id.items()}
    assert (amounts["fault"], amounts["C3"]) == (None, {})
    assert {w: (e["amount"], e["length"], e["loop"]) for w, e in amounts["C2"].items()} == {
        "least": (1, len(amounts["C2"]["least"]["trace"]), None),
        "most": (2, 5, None),
    }
    assert amounts["C2"]["most"]["trace"] == by_id["C2"]["trace"]
    assert sum(len(step["costs"]) for step in amounts["C2"]["most"]["trace"]) == 2
    assert amounts["C1"]["least"]["trace_file"] == "t/ring-C1-least.itf.json"
    assert by_id["C3"]["how"] == "vacuously: no such stretch begins"


def test_json_has_null_for_any_number(queue: Path, run: Run) -> None:
    found = report(run, "check", "ring.py", "-p", "retry=true", "--property", "C2", "--no-traces")
    schema = json.loads((files("virtspec.explore") / "report.v1.schema.json").read_text())
    assert problems(schema, found) == []
    most = found["properties"][0]["amounts"]["most"]
    assert most["amount"] is None
    assert most["loop"] == most["length"] - 1
    assert most["trace_file"] is None


def test_a_limit_leaves_nothing_known(queue: Path, run: Run) -> None:
    done = run("check", "ring.py", "--property", "C2", "--max-states", "3", "--format", "json")
    assert done.code == 3
    assert json.loads(done.out)["properties"][0]["amounts"] is None


# --- simulate --------------------------------------------------------------------------------------------------------

FEW = ("simulate", "ring.py", "--seed", "1", "--walks", "200", "--depth", "40", "--no-traces")


def test_simulate_tells_the_mean(queue: Path, run: Run) -> None:
    out = run(*FEW).out
    assert re.search(r"  C1 +undetermined: mean 0\.\d+ ± 0\.0\d+ over 400, 0 to 1 +One doorbell a call\.\n", out)
    assert re.search(
        r"  C2 +violated in \d+ steps: mean 1\.\d+ ± 0\.0\d+ over \d+, 1 to 2 +One doorbell in all\.\n", out
    )
    assert re.search(r"  C3 +undetermined: no stretch has ended +Nothing begins\.\n", out)
    assert "\n  fault     undetermined  " in re.sub("undetermined +", "undetermined  ", out)


def test_simulate_as_json(queue: Path, run: Run) -> None:
    found = report(run, *FEW)
    spent = {p["id"]: p["spent"] for p in found["properties"]}
    assert spent["fault"] is None
    assert spent["C3"] == {"stretches": 0, "mean": None, "error": None, "least": None, "most": None}
    assert (spent["C1"]["stretches"], spent["C1"]["least"], spent["C1"]["most"]) == (400, 0, 1)
    assert 0 < spent["C1"]["error"] < spent["C1"]["mean"] < 1
    assert report(run, *FEW, "--workers", "3")["properties"] == found["properties"]


def test_every_key_of_what_simulate_measures_is_documented(queue: Path, run: Run) -> None:
    [first, *_] = report(run, *FEW)["properties"]
    text = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text()
    section = text.partition("\n## simulate\n")[2].partition("\n## ")[0]
    assert [key for key in [*first, *first["spent"]] if f"`{key}`" not in section] == []


# --- corpus ----------------------------------------------------------------------------------------------------------


def test_what_is_spent_comes_into_the_manifest(costly: Path, run: Run) -> None:
    assert run("corpus", "zebra", "--jobs", "1", "-q").out.splitlines()[:2] == [
        "zebra/careless: L-C1: the manifest says nothing, found holds",
        "zebra/careless: L-C1 spends: the manifest says nothing, found 1",
    ]
    done = run("corpus", "zebra", "--jobs", "1", "--update", "-q")
    assert done.code == 0
    expected = MANIFEST.replace(", fault = ", ', L-C1 = "holds", fault = ').replace(
        '"holds" }\n', '"holds" }\nspent = { L-C1 = "1" }\n'
    )
    assert (costly / "manifest.toml").read_text() == expected
    assert run("corpus", "zebra", "--jobs", "1", "-q").code == 0


def test_a_manifest_that_says_something_else_is_spent_disagrees(costly: Path, run: Run) -> None:
    manifest = costly / "manifest.toml"
    run("corpus", "zebra", "--jobs", "1", "--update", "-q")
    manifest.write_text(
        manifest.read_text().replace('spent = { L-C1 = "1" }', 'spent = { L-C1 = "0 to 1", L-C0 = "2" }', 1)
    )
    done = run("corpus", "zebra", "--jobs", "1", "-q")
    assert done.code == 1
    assert done.out.splitlines() == [
        "zebra/careless: L-C1 spends: the manifest says 0 to 1, found 1",
        "zebra/careless: L-C0 spends: the manifest says 2, found no such property",
        "1 of 2 configurations: not as expected.",
    ]
    [careless, _] = json.loads(run("corpus", "zebra", "--jobs", "1", "--format", "json").out)
    assert careless["spent"] == {"L-C1": "1"}
