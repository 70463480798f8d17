"""Whatever is wrong with a command or an input: what, where, the remedy, the exit code, and never a traceback."""

from pathlib import Path

import pytest
from tests.cli.conftest import LOCK, Run

from virtspec import api
from virtspec.errors import InternalError

USAGE = [
    (["chekc"], "there is no verb 'chekc'; did you mean 'check'?\nTry `virtspec --help`."),
    (["--debug"], "there is no option or argument '--debug'; known: --help, --version"),
    (["check"], "the following arguments are required: NAME|PATH.py\nTry `virtspec check --help`."),
    (["check", "lock.py", "--proprty", "x"], "no option or argument '--proprty'; did you mean '--property'?"),
    (["check", "lock.py", "-p", "Task"], "-p Task: expected NAME=VALUE, as in -p Task=3"),
    (["check", "lock.py", "-p", "Task=1", "-p", "Task=2"], "-p Task is given twice"),
    (["check", "lock.py", "-p", "Taks=1"], "Lock has no parameter 'Taks'; did you mean 'Task'?"),
    (["check", "lock.py", "-p", "Task=many"], "Task=many: the size of a Scalarset is a whole number from 1"),
    (["check", "lock.py", "-p", "careful=perhaps"], "careful=perhaps: expected true or false"),
    (["check", "lock.py", "--property", "L-S2"], "Lock has no property 'L-S2'; did you mean 'L-S1'?"),
    (["check", "lock.py", "--config", "v1"], "lock.py is a file: only shipped mechanisms have named configurations"),
    (["check", "lock.py", "--model", "Lokc"], "lock.py has no model 'Lokc'; did you mean 'Lock'?"),
    (["check", "two.py"], "two.py holds several models; choose one with --model: A, B"),
    (["check", "lock.py", "--max-states", "0"], "argument --max-states: '0' is not a whole number above 0"),
    (["check", "lock.py", "--max-depth", "few"], "argument --max-depth: 'few' is not a whole number above 0"),
    (["check", "lock.py", "--timeout", "nan"], "argument --timeout: 'nan' is not a number of seconds above 0"),
    (["check", "lock.py", "--format", "xml"], "argument --format: invalid choice: 'xml'"),
    (["check", "lock.py", "-o", "no/dir/report"], "-o no/dir/report: there is no directory no/dir"),
    (["check", "lock.py", "-o", "."], "-o . is a directory"),
    (["check", "lock"], "there is no shipped mechanism 'lock'; did you mean the file lock.py?"),
    (["check", "zebar"], "there is no shipped mechanism 'zebar'; did you mean 'zebra'?"),
    (["check", "zebra", "--config", "carefree"], "zebra has no configuration 'carefree'; "),
    (["check", "zebra", "--model", "Other"], "zebra has the one model Lock; --model is for files"),
    (["corpus", "zebar"], "there is no shipped mechanism 'zebar'; did you mean 'zebra'?"),
    (["corpus", "--jobs", "-1"], "argument --jobs: "),
]


@pytest.mark.parametrize(("args", "message"), USAGE, ids=[" ".join(args) for args, _ in USAGE])
def test_usage_errors(zebra: Path, run: Run, args: list[str], message: str) -> None:
    Path("two.py").write_text("from virtspec import Model\nclass A(Model): ...\nclass B(Model): ...\n")
    done = run(*args)
    assert done.err.startswith("virtspec: error: ")
    assert message in done.err
    assert (done.code, done.out) == (2, "")


INPUTS = [
    (["check", "none.py"], "virtspec: error: none.py cannot be read: No such file or directory"),
    (["check", "folder"], "virtspec: error: folder is a directory; name a Python file"),
    (["check", "latin.py"], "virtspec: error: latin.py is not UTF-8 text (byte 2)"),
    (["check", "empty.py"], "empty.py:1:1: error VS002: the file is empty"),
    (["check", "syntax.py"], "syntax.py:1:9: error VS001: Python cannot read this: invalid syntax"),
    (["check", "raises.py"], "raises.py:2:1: error VS003: importing the file raised ZeroDivisionError"),
    (["show", "empty.py"], "empty.py:1:1: error VS002"),
    (["replay", "none.itf.json"], "none.itf.json cannot be read: No such file or directory; name a trace written by"),
    (["replay", "lock.py"], "lock.py:1:3: this is not JSON: Extra data; name a trace"),
    (["replay", "folder"], "folder is a directory; name a trace"),
]


@pytest.mark.parametrize(("args", "message"), INPUTS, ids=[" ".join(args) for args, _ in INPUTS])
def test_malformed_input(spec: Path, run: Run, args: list[str], message: str) -> None:
    (spec / "folder").mkdir()
    (spec / "empty.py").write_text("")
    (spec / "latin.py").write_bytes(b"# \xe9")
    (spec / "syntax.py").write_text("class X(: pass\n")
    (spec / "raises.py").write_text("import virtspec\n1 / 0\n")
    done = run(*args)
    assert message in done.err
    assert "Traceback" not in done.err
    assert (done.code, done.out) == (4, "")


def test_every_problem_of_a_specification_is_shown_with_its_line(spec: Path, run: Run) -> None:
    (spec / "bad.py").write_text(LOCK.replace("self.owner = t", "self.ownr = t").replace("Light.GREEN", "Light.GREY"))
    done = run("check", "bad.py")
    assert done.code == 4
    assert done.err.count(": error VS") == 2
    assert done.err.endswith("virtspec: 2 problems in the specification\n")


def test_a_manifest_that_is_no_toml(zebra: Path, run: Run) -> None:
    (zebra / "manifest.toml").write_text("title = \n")
    done = run("check", "zebra")
    assert (done.code, done.out) == (4, "")
    assert f"{zebra / 'manifest.toml'} is not TOML: Invalid value (at line 1, column 9)" in done.err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title = ", "titel = ", "the key 'title' is missing or not a str"),
        ("zebra.spec:Lock", "zebra.spec:Lokc", "model: zebra.spec has no class 'Lokc'"),
        ("zebra.spec:Lock", "zebra.sepc:Lock", "names zebra.sepc, which cannot be imported"),
    ],
)
def test_a_manifest_that_names_what_is_not_there(zebra: Path, run: Run, old: str, new: str, message: str) -> None:
    manifest = zebra / "manifest.toml"
    manifest.write_text(manifest.read_text().replace(old, new))
    done = run("check", "zebra")
    assert done.code == 4
    assert message in done.err


def test_a_model_in_which_nothing_can_happen(spec: Path, run: Run) -> None:
    (spec / "still.py").write_text("from virtspec import Model\nclass Still(Model): ...\n")
    done = run("check", "still.py")
    assert (done.code, done.out) == (5, "")
    assert done.err == "virtspec: error: Still has no process and no action: there is nothing to check\n"


def test_a_folder_of_the_same_name_does_not_hide_a_shipped_mechanism(zebra: Path, run: Run) -> None:
    Path("zebra").mkdir()
    assert run("show", "zebra").code == 0


def test_no_arguments_at_all_show_the_help(run: Run) -> None:
    done = run()
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("usage: virtspec")


def broken(*args: object, **options: object) -> None:
    raise RuntimeError("the\nworld ended")


def test_an_unforeseen_error_is_said_to_be_ours(spec: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "check", broken)
    done = run("check", "lock.py")
    assert done.code == 70
    assert done.err.startswith("virtspec: internal error: RuntimeError: the\nworld ended\nThis is a bug in virtspec.")
    assert "Traceback" not in done.err
    assert "Traceback" in run("check", "lock.py", "--debug").err


def test_an_internal_error_asks_to_be_reported(spec: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def contradicts(*args: object, **options: object) -> None:
        raise InternalError("a trace does not replay")

    monkeypatch.setattr(api, "check", contradicts)
    done = run("check", "lock.py")
    assert done.code == 70
    assert done.err.startswith("virtspec: internal error: a trace does not replay\nThis is a bug in virtspec.")


def test_ctrl_c_outside_a_search(spec: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "find", interrupted)
    assert run("check", "lock.py").code == 130
