"""`virtspec conform`: the verdict in words, what it rests on, all about a rejection; JSON; what is wrong with an input.

The logs are what a kernel logged (`batching.txt` of the tutorial, traces of tests/conform), whole, cut, and corrupted."""

import gzip
import io
import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.cli import schema
from tests.cli.conftest import Run

from virtspec.api import conforming
from virtspec.cli.verbs import conform
from virtspec.conform import readers
from virtspec.conform.verdict_json import WORST, worst

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial"
TRACES = ROOT / "tests" / "conform" / "traces"
TABLE = ROOT / "models" / "virtspec_models" / "request_batching" / "trace.toml"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a log that is explained, and one in which a driver forgets to ring the doorbell."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("batching.txt", "forgotten.txt"):
        (tmp_path / name).write_text((TUTORIAL / name).read_text())
    return tmp_path


@pytest.fixture
def mdev(folder: Path) -> Path:
    """The first lines of a trace of mdev: an mdev is created that nobody can remove."""
    lines = gzip.decompress((TRACES / "mdev-norace-unload.txt.gz").read_bytes()).decode().splitlines()
    path = folder / "mdev.txt"
    path.write_text("\n".join(lines[:80]) + "\n")
    return path


def without(path: Path, word: str) -> Path:
    """A copy of a log without the first line that holds a word."""
    lines = path.read_text().splitlines()
    lines.remove(next(line for line in lines if word in line))
    copy = path.with_stem("corrupted")
    copy.write_text("\n".join(lines) + "\n")
    return copy


def jsonl(*events: dict[str, Any]) -> None:
    Path("log.jsonl").write_text("".join(json.dumps({"thread": "a", **e}) + "\n" for e in events))


# --- for people ------------------------------------------------------------------------------------------------------


def test_a_log_that_is_explained(run: Run) -> None:
    done = run("conform", "request_batching", "batching.txt")
    assert (done.code, done.err) == (0, "")
    rows, widest, states, bits = re.findall(r"^  2 +(\d+) +(\d+) +(\d+) +(\d+) ", done.out, re.MULTILINE)[0]
    assert int(rows) > 20 and 1 < int(widest) < int(states) and int(bits) > 64
    head, _, figures = done.out.partition("\n\n  instance  ")
    assert head == (
        "batching.txt: explained\n\n"
        "  request_batching, configuration v6.1, engine native\n"
        "  29 of 48 events compared, 19 ignored by the table\n"
        "  ignored: block_rq_issue 3, scsi_dispatch_cmd_start 3, blk_dispatch 3, block_unplug 3, block_plug\n"
        "    2, blk_commit 2, scsi_dispatch_cmd_done 2, block_rq_complete 1"
    )
    assert "Sub=2, slots=256, tags_total=260,\n" in figures
    assert re.search(r"\n\n  read in \d+\.\d\d s, followed in \d+\.\d\d s(; compiled in \d+\.\d\d s)?\n$", figures)


def test_a_log_that_is_rejected(run: Run) -> None:
    done = run("conform", "request_batching", "forgotten.txt")
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("forgotten.txt: rejected at line 36: by commit.kickprep_out Sub1 has taken\n")
    about = done.out.partition("\n  Line 36, instance 2\n")[2].partition("\n\n")[0].splitlines()
    assert about[:3] == [
        "    36  aio_batch-136 [000] d.Z.. 27: kickprep_out: ret=0",
        "    not true: (ret == 1) == at(m.dispatch, 'commit_rqs.notify', i)   [ret is 0]",
        "    allowed: ret = 1",
    ]
    titles = [line.strip() for line in about if not line.startswith("    ")]
    assert titles[:2] == ["Explained before it", "Possible instead"]
    assert re.fullmatch(r"The model may have been in \d states?", titles[2])
    assert (
        "    35  aio_batch-136 [000] d.Z.. 26: kickprep_in: vq=0xff1100001ff11400 idx=2 nfree=254 nadded=2..." in about
    )
    assert "    add_in ... add_out: dispatch.queue_rq of Sub0" in about
    assert "    Sub0: dispatch.queue_rq" in about
    assert max(map(len, done.out.splitlines())) <= 100


def test_verbose_shows_whole_lines_and_whole_states(run: Run) -> None:
    done = run("conform", "request_batching", "forgotten.txt", "-v")
    line = Path("forgotten.txt").read_text().splitlines()[34]
    assert f"    35  {line}\n" in done.out and len(line) > 100
    assert "    vq.last_used_idx: {0: 0}\n" in done.out


def test_an_event_that_no_run_of_the_code_logs(mdev: Path, run: Run) -> None:
    done = run("conform", "mdev", without(mdev, "create_unlock"))
    text = " ".join(done.out.split())
    assert done.code == 1
    assert re.search(
        r"rejected at line \d+: mdevrace-11\d logs create_\w+ where the code does not: behind create_lock", text
    )


def test_a_known_violation_is_told_and_no_failure(mdev: Path, run: Run) -> None:
    done = run("conform", "mdev", mdev, "--format", "text")
    text = " ".join(done.out.split())
    assert done.code == 0
    assert text.startswith(f"{mdev}: explained, with a known violation of MDEV-L2 MDEV-L2 is violated at line 47: ")
    assert "An mdev that was created can be removed: " in text and "(configuration v6.1 is known to)" in text


def test_a_violation_that_is_not_known_is_a_failure(run: Run) -> None:
    Path("t.toml").write_text(re.sub(r"^leave_out.*$", "", TABLE.read_text(), flags=re.MULTILINE))
    done = run("conform", "request_batching", "batching.txt", "--table", "t.toml", "-q")
    assert (done.code, done.out) == (1, "batching.txt: violated: RB-P8 at line 17\n")
    loud = run("conform", "request_batching", "batching.txt", "--table", "t.toml")
    assert "(configuration v6.1 is not known to)" in " ".join(loud.out.split())


def test_what_there_is_no_room_for_is_undetermined(run: Run) -> None:
    done = run("conform", "request_batching", "batching.txt", "--max-candidates", "3", "-q")
    assert done.code == 3
    assert re.fullmatch(
        r"batching\.txt: undetermined: at line \d+ there are more than 3 states that the model may be in; "
        r"--max-candidates allows more\n",
        done.out,
    )


def test_what_there_is_no_memory_for_is_undetermined(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The states, or what the log says: then its beginning is followed."""
    states = run("conform", "request_batching", "batching.txt", "--memory", "1.7K", "-q")
    assert states.code == 3
    assert re.fullmatch(
        r"batching\.txt: undetermined: at line \d+ there are more than \d states that the model may be in, "
        r"for which there is no room in 0\.0 MiB; --memory allows more\n",
        states.out,
    )
    monkeypatch.setattr(conforming, "TOLD", 10)
    log = run("conform", "request_batching", "batching.txt", "--memory", "0.5K")
    assert log.code == 3
    assert "batching.txt: undetermined: what the log says up to line " in log.out
    assert " takes more than half of 0.0 MiB; --memory allows more" in " ".join(log.out.split())


def test_of_a_long_log_it_is_told_what_is_kept(run: Run) -> None:
    lines = Path("batching.txt").read_text().splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if ": block_plug: " in line)
    Path("long.txt").write_text("".join([*lines[:place], *[lines[place]] * 1000, *lines[place:]]))
    done = run("conform", "request_batching", "long.txt")
    found = re.search(r"\n  (\d+\.\d) bytes per event are kept; [\d,]+ MiB in all at most\n", done.out)
    assert done.code == 0 and found is not None
    memory = json.loads(run("conform", "request_batching", "long.txt", "--format", "json").out)["logs"][0]["memory"]
    assert round(memory["rows"] / 1048, 1) == float(found[1])
    assert memory["peak"] > 1 << 20


def test_nothing_to_compare_is_no_pass(run: Run) -> None:
    jsonl({"event": "reg_in"})
    done = run("conform", "mdev", "log.jsonl", "-q")
    assert (done.code, done.out) == (5, "log.jsonl: nothing was checked: no event says anything of the model\n")


def test_events_that_the_table_does_not_know_are_named(run: Run) -> None:
    jsonl({"event": "cstore_in", "buf": "x"}, *[{"event": f"e{i:02}"} for i in range(20)], {"event": "e19"})
    done = run("conform", "mdev", "log.jsonl")
    assert done.code == 0
    assert "  1 of 22 events compared, 21 unknown to the table\n  unknown: e19 2, e00 1, e01 1," in done.out
    assert "and 8 names more" in " ".join(done.out.split())
    assert "e18 1\n" in run("conform", "mdev", "log.jsonl", "-v").out


# --- several logs, other ways to run ---------------------------------------------------------------------------------


def test_of_several_logs_a_malformed_one_is_told_and_the_others_are_followed(run: Run) -> None:
    Path("cut.txt").write_text(Path("batching.txt").read_text()[:5000])
    logs = ("cut.txt", "batching.txt", "nowhere.txt", "forgotten.txt")
    done = run("conform", "request_batching", *logs)
    assert done.code == 1
    assert re.findall(r"^[a-z]+\.txt: \w+", done.out, re.MULTILINE) == [
        "batching.txt: explained",
        "forgotten.txt: rejected",
    ]
    cut, nowhere = done.err.splitlines()
    assert re.fullmatch(r"virtspec: error: cut\.txt:\d+: the last line is cut off; .*", cut)
    assert nowhere.startswith("virtspec: error: nowhere.txt cannot be read: No such file or directory")
    quiet = run("conform", "request_batching", *logs[:3], "-q")
    assert (quiet.code, quiet.out, quiet.err) == (4, "", done.err)


def test_the_worst_code_wins() -> None:
    assert [worst([code, 0]) for code in WORST] == list(WORST)
    assert (worst([3, 4]), worst([4, 1]), worst([5, 3]), worst([])) == (4, 1, 3, 0)


def test_both_engines_say_the_same(mdev: Path, run: Run) -> None:
    def told(name: str, *args: str | Path) -> Any:
        report = json.loads(run("conform", name, *args, "--format", "json").out)
        for log in report["logs"]:
            del log["engine"], log["read_seconds"], log["memory"]["peak"]
            for part in log["instances"]:
                for key in ("seconds", "compile_seconds", "bits", "largest", "candidates"):
                    del part[key]
            if log["rejection"] is not None:
                log["rejection"]["states"].sort(key=str)
        return report

    for name, *logs in (("request_batching", "batching.txt", "forgotten.txt"), ("mdev", mdev)):
        assert told(name, *logs) == told(name, *logs, "--engine", "oracle")


def test_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BufferedReader(io.BytesIO(Path("forgotten.txt").read_bytes()))

    monkeypatch.setattr(sys, "stdin", Stdin)
    done = run("conform", "request_batching", "-", "--log-format", "ftrace")
    assert done.code == 1
    assert "    line 36 of standard input, which cannot be read again\n" in done.out


def test_a_configuration_of_ones_own(run: Run) -> None:
    assert run("conform", "request_batching", "batching.txt", "-p", "event_idx=true", "-q").code == 0
    done = run("conform", "request_batching", "batching.txt", "-p", "slots=1", "-q")
    assert done.code == 1 and "batching.txt: rejected at line 29: by add_out " in done.out
    assert (
        "\n  request_batching, configuration W10, engine "
        in run("conform", "request_batching", "batching.txt", "--config", "W10").out
    )


def test_output_goes_to_a_file(run: Run) -> None:
    done = run("conform", "request_batching", "batching.txt", "--output", "report.txt")
    assert (done.code, done.out) == (0, "")
    assert Path("report.txt").read_text().startswith("batching.txt: explained\n")


def test_ctrl_c_reports_what_was_followed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from virtspec import api

    whole = api.conform

    def interrupted(name: str, log: str, **options: Any) -> api.Conformance:
        if log == "forgotten.txt":
            raise KeyboardInterrupt
        return whole(name, log, **options)

    monkeypatch.setattr(api, "conform", interrupted)
    done = run("conform", "request_batching", "batching.txt", "forgotten.txt", "--format", "json")
    report = json.loads(done.out)
    assert (done.code, done.err, report["exit_code"]) == (130, "virtspec: interrupted\n", 130)
    assert report["interrupted"] is True and [log["log"] for log in report["logs"]] == ["batching.txt"]


# --- JSON ------------------------------------------------------------------------------------------------------------

SCHEMA = json.loads((files("virtspec.conform") / "conformance.v1.schema.json").read_text())


def test_the_json(mdev: Path, run: Run) -> None:
    done = run("conform", "mdev", mdev, "nowhere.txt", "--format", "json")
    report = json.loads(done.out)
    assert schema.problems(SCHEMA, report) == []
    assert (done.code, report["exit_code"], report["specification"]) == (4, 4, "mdev")
    found, missing = report["logs"]
    assert (found["verdict"], found["exit_code"], found["configuration"]) == ("explained", 0, "v6.1")
    assert found["events"]["all"] == 67 and found["instances"][0]["parameters"]["Creator"] == "3"
    (violation,) = found["violations"]
    assert (violation["property"], violation["known"], violation["line"]) == ("MDEV-L2", True, 47)
    assert violation["text"] == mdev.read_text().splitlines()[46]
    assert missing.pop("reason").startswith("nowhere.txt cannot be read: ")
    assert missing == {"log": "nowhere.txt", "verdict": None, "exit_code": 4}


def test_the_json_of_a_rejection(run: Run) -> None:
    report = json.loads(run("conform", "request_batching", "forgotten.txt", "--format", "json").out)
    assert schema.problems(SCHEMA, report) == []
    rejection = report["logs"][0]["rejection"]
    assert (rejection["line"], rejection["instance"], rejection["details"][1]) == (36, "2", "allowed: ret = 1")
    assert rejection["text"].endswith(": kickprep_out: (virtqueue_kick_prepare+0x77/0xd0 [virtio_ring]) ret=0")
    assert [line["line"] for line in rejection["explained"]] == [28, 29, 30, 34, 35]
    assert rejection["candidates"] == len(rejection["states"]) > 0
    assert rejection["states"][0]["vq.last_used_idx"] == "{0: 0}"


def test_every_key_of_the_json_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "report.md").read_text()
    section = text.partition("\n## Conformance\n")[2].partition("\n## ")[0]
    objects = [SCHEMA, *(entry for entry in SCHEMA["$defs"].values() if "properties" in entry)]
    assert [key for entry in objects for key in entry["properties"] if f"`{key}`" not in section] == []


def test_a_log_of_a_reference_with_a_mistake(run: Run) -> None:
    command = [sys.executable, "-m", "virtspec_models.mdev.reference", "--version", "pre", "--seed", "1"]
    subprocess.run([*command, "--log", "pre.jsonl"], check=True, capture_output=True)
    done = run("conform", "mdev", "pre.jsonl", "--engine", "oracle")
    assert done.code == 1
    assert done.out.startswith("pre.jsonl: rejected at line 5: ")
    assert "\n  It was made with a mistake, as it says. By the model of that, pre, it is explained.\n" in done.out
    assert "  The model may have been in 1 state\n    Creator0: create_store.mdev_device_create\n" in done.out
    report = json.loads(run("conform", "mdev", "pre.jsonl", "--engine", "oracle", "--format", "json").out)
    assert schema.problems(SCHEMA, report) == []
    assert report["logs"][0]["mistake"] == {"configuration": "pre", "verdict": "explained", "line": None}


# --- what is wrong with an input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("mdve", "batching.txt"), 2, "there is no shipped mechanism 'mdve'; did you mean 'mdev'?"),
        (("lock.py", "batching.txt"), 2, "there is no shipped mechanism 'lock.py'"),
        (("mdev",), 2, "the following arguments are required: LOG"),
        (("mdev", "-", "-"), 2, "- is standard input, which can be read once only"),
        (("mdev", "batching.txt", "-p", "Slto=3"), 2, "Mdev has no parameter 'Slto'; did you mean 'Slot'?"),
        (("mdev", "batching.txt", "-p", "Slot"), 2, "-p Slot: expected NAME=VALUE, as in -p Task=3"),
        (("mdev", "batching.txt", "--config", "v99"), 2, "mdev has no configuration 'v99'"),
        (("mdev", "batching.txt", "--engine", "orakel"), 2, "argument --engine: invalid choice: 'orakel'"),
        (("mdev", "batching.txt", "--max-candidates", "0"), 2, "'0' is not a whole number above 0"),
        (("mdev", "batching.txt", "--log-format", "csv"), 2, "argument --log-format: invalid choice: 'csv'"),
        (("mdev", "batching.txt", "-o", "nowhere/x"), 2, "-o nowhere/x: there is no directory nowhere"),
        (("mdev", "batching.txt", "--tabel", "x"), 2, "'--tabel'; did you mean '--table'?"),
        (("mdev", "batching.txt", "--table", "nowhere.toml"), 4, "nowhere.toml cannot be read: No such file"),
        (("mdev", "batching.txt", "--table", "batching.txt"), 4, "batching.txt is not TOML: "),
        (("mdev", "batching.txt", "--table", "short.toml"), 4, "the model's step create_store is not told; say "),
        (("mdev", "nowhere.txt"), 4, "nowhere.txt cannot be read: No such file or directory; name a log"),
        (("mdev", "."), 4, ". is a directory; name a log, or - for standard input"),
        (("mdev", "batching.txt"), 4, "; they look like those of request_batching"),
        (("mdev", "batching.txt", "--log-format", "jsonl"), 4, "batching.txt:1: this is not JSON"),
    ],
)
def test_what_is_wrong_with_a_command_or_a_file_is_said(
    run: Run, args: tuple[str, ...], code: int, message: str
) -> None:
    Path("short.toml").write_text('config = "v6.1"\n[paths]\nthread = "cstore_in"\n')
    done = run("conform", *args)
    assert message in done.err and "Traceback" not in done.err
    assert (done.code, done.out) == (code, "")


def test_a_log_whose_figures_fit_no_model_is_named(run: Run) -> None:
    add = {"event": "add_in", "idx": 2, "nfree": -5, "sc": 1}
    jsonl({"event": "qc_in", "hwq": 0, "flags": 4}, add, {"event": "add_out", "ret": 0})
    done = run("conform", "request_batching", "log.jsonl", "batching.txt", "-q")
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith("virtspec: error: log.jsonl: ") and "has no values" in done.err


def test_a_mechanism_without_a_table(zebra: Path, run: Run) -> None:
    done = run("conform", "zebra", "batching.txt")
    assert (done.code, done.out) == (2, "")
    assert "zebra has no trace.toml, which says what its events mean; give one with --table" in done.err


def test_the_formats_are_those_that_are_read() -> None:
    assert conform.FORMATS == tuple(readers.FORMATS)


def test_help_and_the_api_import_no_engine(shell: Run) -> None:
    done = shell("conform", "--help", PYTHONPROFILEIMPORTTIME="1")
    assert done.code == 0
    assert not re.search(r"\| +(numba|llvmlite|numpy|virtspec\.(api|conform|explore))\b", done.err)
