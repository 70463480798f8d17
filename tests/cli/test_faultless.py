"""Properties about faults on the command line: each has a verdict, a trace and a place of its own."""

import json
from importlib.resources import files
from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.schema import problems

SLAB = '''\
from virtspec import Faults, Model, action, fault, faultless, faults


class Slab(Model):
    freed: bool

    @action
    def free(self) -> None:
        assert not self.freed, "freed twice"
        self.freed = True

    @action
    def use(self) -> None:
        if self.freed:
            fault("used after it was freed")


@faultless(Slab, id="S1", source="a comment")
def uses(m: Slab) -> Faults:
    """Nothing is used after it was freed."""
    return faults("used after it was freed")
'''


def test_the_report_and_its_trace(spec: Path, run: Run) -> None:
    (spec / "slab.py").write_text(SLAB, encoding="utf-8")
    done = run("check", "slab.py")
    assert done.code == 1
    assert "  S1        violated in 2 steps  Nothing is used after it was freed." in done.out
    assert "  fault     violated in 2 steps  No step runs into a fault that no other property names." in done.out
    assert "  =>  S1 is violated" in done.out
    again = run("replay", "virtspec-traces/slab-S1.itf.json")
    assert "fault: used after it was freed (slab.py:15)" in again.out
    drawn = run("replay", "virtspec-traces/slab-S1.itf.json", "--format", "mermaid")
    assert "S1 is violated" in drawn.out


def test_json(spec: Path, run: Run) -> None:
    (spec / "slab.py").write_text(SLAB, encoding="utf-8")
    report = json.loads(run("check", "slab.py", "--format", "json").out)
    schema = json.loads(files("virtspec.explore").joinpath("report.v1.schema.json").read_text(encoding="utf-8"))
    assert problems(schema, report) == []
    (found,) = (p for p in report["properties"] if p["id"] == "S1")
    assert (found["kind"], found["source"], found["verdict"], found["length"]) == (
        "faultless",
        "a comment",
        "violated",
        2,
    )
    assert found["reason"] == "used after it was freed (slab.py:15)"
    shown = json.loads(run("show", "slab.py", "--format", "json").out)
    assert [(p["id"], p["kind"]) for p in shown["properties"]] == [("S1", "faultless")]
