"""`virtspec check NAME --all-configs`: every configuration of a mechanism in one table."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Run

from virtspec import api
from virtspec.api import surveying

TABLE = """\
zebra  Lock, 2 configurations

  configuration  states  S1  fault
  careless           16   3      5
  careful            10   3      .

  Hold in every configuration: deadlock
  Reached in every configuration: L-R1
  a number = violated, steps of the shortest trace; . = holds or is reached; headings without their
    L-

Violated in 2 of 2 configurations: careless, careful
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_one_row_for_each_configuration_and_a_column_for_what_differs(zebra: Path, run: Run, workers: str) -> None:
    done = run("check", "zebra", "--all-configs", "--workers", workers)
    assert (done.code, done.err) == (1, "")
    assert done.out == TABLE
    assert not Path("virtspec-traces").exists()


def test_it_is_a_plain_check_of_each(zebra: Path, run: Run) -> None:
    table = json.loads(run("check", "zebra", "--all-configs", "--format", "json").out)
    for row in table["configurations"]:
        alone = json.loads(run("check", "zebra", "--config", row["name"], "--format", "json", "--no-traces").out)
        assert row["fingerprint"] == alone["fingerprint"]
        assert row["parameters"] == alone["configuration"]["parameters"]
        assert {name: row[name] for name in ("states", "transitions", "depth")}.items() <= alone["figures"].items()
        lengths = {p["id"]: "" if p["length"] is None else f" {p['length']}" for p in alone["properties"]}
        assert row["verdicts"] == {p["id"]: p["verdict"] + lengths[p["id"]] for p in alone["properties"]}


def test_the_engines_agree_on_verdicts(zebra: Path, run: Run) -> None:
    native, oracle = (
        json.loads(run("check", "zebra", "--all-configs", "--format", "json", *options).out)["configurations"]
        for options in (["--no-reduce"], ["--engine", "oracle"])
    )
    keys = ("name", "verdicts", "states", "transitions", "depth")
    assert [[row[key] for key in keys] for row in native] == [[row[key] for key in keys] for row in oracle]


def test_a_property_and_parameters_narrow_it(zebra: Path, run: Run) -> None:
    done = run("check", "zebra", "--all-configs", "--property", "fault", "--property", "L-R1", "-p", "careful=true")
    assert done.code == 0
    assert done.out == (
        "zebra  Lock, 2 configurations\n  in each: careful=true\n\n"
        "  configuration  states\n  careless           10\n  careful            10\n\n"
        "  Hold in every configuration: fault\n  Reached in every configuration: L-R1\n\n"
        "Nothing is violated in 2 configurations; every reachable state was seen.\n"
    )


def test_a_pattern_chooses_rows(zebra: Path, run: Run) -> None:
    done = run("check", "zebra", "--all-configs", "--config", "*ful", "-q")
    assert (done.code, done.out) == (1, "  careful  L-S1  violated in 3 steps\n")


def test_quiet_prints_nothing_if_all_is_well(zebra: Path, run: Run) -> None:
    done = run("check", "zebra", "--all-configs", "-q", "--property", "deadlock")
    assert (done.code, done.out) == (0, "")


def test_what_a_limit_leaves_open_is_undetermined(zebra: Path, run: Run) -> None:
    done = run("check", "zebra", "--all-configs", "--max-states", "2", "--property", "deadlock")
    assert done.code == 3
    assert "  careful             3         ?\n" in done.out
    assert "? = undetermined" in done.out
    assert "Undetermined in 2 of 2 configurations: careless, careful\n" in done.out
    assert "The search is not complete in careless, careful: the limit of 2 states was reached.\n" in done.out


def test_a_witness_that_is_not_reached(zebra: Path, run: Run) -> None:
    spec = zebra / "spec.py"
    spec.write_text(
        spec.read_text().replace("return m.owner is not None", "return m.owner is not None and not m.careful")
    )
    done = run("check", "zebra", "--all-configs", "--property", "L-R1")
    assert done.code == 1
    assert "  configuration  states  L-R1\n" in done.out
    assert "  careful            10  none\n" in done.out
    assert "Not reached in 1 of 2 configurations: careful\n" in done.out


def test_a_wide_table_is_cut_between_columns(zebra: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "32")
    lines = run("check", "zebra", "--all-configs").out.splitlines()
    assert "  configuration  states  S1" in lines
    assert "  configuration  fault" in lines
    assert "  careless           5" in lines


REFUSED = [
    (["zebra", "--all-configs", "--checkpoint", "x"], "--checkpoint is for one configuration: choose it with --config"),
    (["zebra", "--all-configs", "--resume", "x"], "--resume is for one configuration"),
    (["zebra", "--all-configs", "--trace-dir", "x"], "--trace-dir is for one configuration"),
    (["zebra", "--all-configs", "--values"], "--values is for one configuration"),
    (["zebra", "--all-configs", "--factors"], "--factors is for one configuration"),
    (["zebra", "--all-configs", "-v"], "--verbose is for one configuration"),
    (["zebra", "--all-configs", "--config", "careful"], "--config careful is one configuration: leave out --all-confi"),
    (["zebra", "--all-configs", "--config", "v*"], "zebra has no configuration that matches 'v*'"),
    (["zebra", "--all-configs", "--property", "L-S2"], "configuration careless: Lock has no property 'L-S2'; did you"),
    (["zebra", "--all-configs", "-p", "Taks=1"], "configuration careless: Lock has no parameter 'Taks'; did you mean"),
    (["zebra", "--all-configs", "-p", "Task=0"], "configuration careless: Task=0: the size of a Scalarset is a whole"),
    (["zebra", "--all-configs", "--engine", "oracle", "--reduce", "dead"], "the engine oracle knows no reductions"),
    (["zebra", "--slow"], "--slow is about --all-configs"),
    (["lock.py", "--all-configs"], "lock.py is a file: only shipped mechanisms have named configurations"),
]


@pytest.mark.parametrize(("args", "message"), REFUSED, ids=[" ".join(args) for args, _ in REFUSED])
def test_what_does_not_go_together_is_refused_in_one_line(zebra: Path, run: Run, args: list[str], message: str) -> None:
    done = run("check", *args)
    assert message in done.err
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_what_one_configuration_refuses_names_it(zebra: Path, run: Run) -> None:
    spec = zebra / "spec.py"
    demand = '    assert not careful or len(Task) < 3, "care is for two"\n'
    spec.write_text(spec.read_text().replace("    owner: Task", demand + "    owner: Task", 1))
    done = run("check", "zebra", "--all-configs", "-p", "Task=3")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("virtspec: error: configuration careful: careful=true, Task=3: care is for two (")


def test_a_malformed_specification_is_told_with_its_place(zebra: Path, run: Run) -> None:
    spec = zebra / "spec.py"
    spec.write_text(spec.read_text().replace("self.owner = t", "self.ownr = t"))
    done = run("check", "zebra", "--all-configs")
    assert (done.code, done.out) == (4, "")
    assert done.err.count(": error VS109") == 1


def test_a_mechanism_without_configurations(zebra: Path, run: Run) -> None:
    (zebra / "history.py").write_text("")
    done = run("check", "zebra", "--all-configs")
    assert (done.code, done.err) == (5, "virtspec: error: there is no configuration to check: zebra\n")


def test_ctrl_c_shows_what_is_done(zebra: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = api.check, []

    def interrupted(*args: object, **options: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(surveying, "check", interrupted)
    done = run("check", "zebra", "--all-configs", "--workers", "1")
    assert done.code == 130
    assert "  careless           16" in done.out
    assert "  careful " not in done.out
    assert done.out.endswith("Interrupted: 1 configuration not checked.\n")
