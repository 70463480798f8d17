"""Traces survive the way to a file and back; what is no trace of the system is refused with its place."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from virtspec.errors import InputError
from virtspec.ir.system import System
from virtspec.trace import itf
from virtspec.trace.trace import NotABehaviour, Trace, replay

NONE = {"tag": "None", "value": {"#tup": []}}
Edit = Callable[[dict[str, Any]], object]


def test_a_trace_through_every_type_comes_back_as_it_was(zoo: System, tour: Trace, tmp_path: Path) -> None:
    path = tmp_path / "new" / "tour.itf.json"
    itf.write(path, zoo, tour, "zoo.py")
    assert itf.read(path, zoo) == tour


def test_the_property_comes_back(lock: System, stuck: Trace, tmp_path: Path) -> None:
    trace = Trace(stuck.fingerprint, stuck.steps[:1], "L-S1")
    itf.write(tmp_path / "t", lock, trace)
    assert itf.read(tmp_path / "t", lock) == trace


def test_writing_is_deterministic(zoo: System, tour: Trace) -> None:
    assert itf.dumps(zoo, tour, "zoo.py") == itf.dumps(zoo, tour, "zoo.py")


def test_the_header_says_where_the_trace_comes_from(zoo: System, tour: Trace, tmp_path: Path) -> None:
    itf.write(tmp_path / "t", zoo, tour, "zoo.py")
    head = itf.header(tmp_path / "t")
    assert head == itf.Header("zoo.py", "Zoo", {"Task": "2", "design": "V5"}, zoo.fingerprint, "fault")
    assert str(head) == "Zoo (Task=2, design=V5)"


def test_every_type_has_the_encoding_of_the_format(zoo: System, tour: Trace) -> None:
    doc = json.loads(itf.dumps(zoo, tour))
    last = doc["states"][-1]
    assert doc["vars"] == [*(f.name for f in zoo.fields), "mbt::actionTaken", "mbt::nondetPicks"]
    assert last == {
        "#meta": {"index": 15},
        "flag": True,
        "count": {"#bigint": "-1"},
        "turn": {"#bigint": "2"},
        "colour": "GREEN",
        "who": "Task1",
        "owner": {"tag": "Some", "value": "Task1"},
        "maybe": {"tag": "Some", "value": {"#bigint": "3"}},
        "table": {
            "#map": [
                ["Task0", {"#map": [[False, {"#bigint": "0"}], [True, {"#bigint": "0"}]]}],
                ["Task1", {"#map": [[False, {"#bigint": "0"}], [True, {"#bigint": "2"}]]}],
            ]
        },
        "by_int": {
            "#map": [
                [{"#bigint": "-1"}, "GREEN"],
                [{"#bigint": "0"}, "RED"],
                [{"#bigint": "1"}, "RED"],
                [{"#bigint": "2"}, "RED"],
                [{"#bigint": "3"}, "RED"],
            ]
        },
        "waiters": {"#set": ["Task0", "Task1"]},
        "queue": [{"id": {"#bigint": "2"}, "done": True}, {"id": {"#bigint": "0"}, "done": False}],
        "last": {"id": {"#bigint": "3"}, "done": True},
        "mbt::actionTaken": "break_it",
        "mbt::nondetPicks": dict.fromkeys(("x", "i", "j", "id", "done"), NONE),
        "virtspec:fault": "it broke",
    }
    assert doc["states"][0]["owner"] == {"tag": "None", "value": {"#tup": []}}
    assert doc["states"][0]["mbt::actionTaken"] == "init"
    assert doc["states"][1]["mbt::nondetPicks"]["x"] == {"tag": "Some", "value": True}


def test_what_does_not_replay_is_not_written(lock: System, stuck: Trace) -> None:
    with pytest.raises(NotABehaviour, match="step 2"):
        itf.dumps(lock, Trace(stuck.fingerprint, (stuck.steps[0], stuck.steps[0])))


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.fixture
def stored(lock: System, stuck: Trace, tmp_path: Path) -> Path:
    path = tmp_path / "stuck.itf.json"
    itf.write(path, lock, stuck, "lock.py")
    return path


def refusal(path: Path, system: System) -> str:
    with pytest.raises(InputError) as error:
        itf.read(path, system)
    assert str(error.value).startswith(str(path))
    return str(error.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", ":1:1: this is not JSON: Expecting value"),
        (b'{\n "a": }', ":2:7: this is not JSON"),
        (b"\xff\xfe", " is not UTF-8 text (byte 0)"),
        (b"[1]", " is JSON, but not a trace"),
        (b"{}", " is JSON, but not a trace"),
        (b'{"#meta": {}, "states": []}', " is a trace, but not one of virtspec's"),
        (b'{"#meta": {"virtspec:schema": "virtspec/trace/v9"}, "states": []}', " has the schema 'virtspec/trace/v9'"),
        (b"[" * 100_000, " is not a trace"),
    ],
)
def test_files_that_are_no_traces(lock: System, tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "t.itf.json"
    path.write_bytes(content)
    assert refusal(path, lock).startswith(message)


def test_a_directory_and_a_missing_file(lock: System, tmp_path: Path) -> None:
    assert "is a directory; name a trace" in refusal(tmp_path, lock)
    assert "cannot be read: No such file or directory; name a trace" in refusal(tmp_path / "none", lock)


def test_another_configuration(lock: System, stored: Path) -> None:
    other = replace(lock, config=(("Task", "3"),))
    assert refusal(stored, other) == (
        ": this trace was made from Lock (Task=2), not from Lock (Task=3); replay it with --spec naming the former"
    )


def test_another_version_of_the_specification(lock: System, stored: Path) -> None:
    changed = replace(lock, properties=())
    message = refusal(stored, changed)
    assert "with fingerprint " + lock.fingerprint in message
    assert f"changed since (now {changed.fingerprint}); run `virtspec check` again" in message


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d.update(states={}), "'states' is not a list"),
        (lambda d: d.update(loop=99), "'loop' is no number of a state"),
        (lambda d: d.update(loop="1"), "'loop' is no number of a state"),
        (lambda d: d["states"].clear(), "states[0]: is not the initial state"),
        (lambda d: d["states"].pop(0), "states[0]: is not the initial state"),
        (lambda d: d["states"].append(7), "states[4]: is not an object"),
        (lambda d: d["states"][1].pop("owner"), "states[1]: has no variable 'owner'"),
        (
            lambda d: d["states"][1].update({"mbt::actionTaken": "tke"}),
            "states[1]['mbt::actionTaken']: there is no action 'tke' (did you mean 'take'?)",
        ),
        (lambda d: d["states"][1].update({"mbt::nondetPicks": []}), "states[1]['mbt::nondetPicks']: is missing or no"),
        (lambda d: d["states"][1]["mbt::nondetPicks"].pop("k"), "has no value for the parameter 'k' of take"),
        (lambda d: d["states"][1]["mbt::nondetPicks"].update(k=1), "states[1]['mbt::nondetPicks'].k: is no optional"),
        (
            lambda d: d["states"][1]["mbt::nondetPicks"].update(k={"tag": "Some", "value": {"#bigint": "7"}}),
            "states[1]['mbt::nondetPicks'].k: expected {\"#bigint\": \"n\"} with n in 0..1, found {'#bigint': '7'}",
        ),
        (
            lambda d: d["states"][2].update({"virtspec:fault": "no"}),
            "states[2]: a step that ends in a fault is the last one",
        ),
        (
            lambda d: d["states"][1].update(owner={"tag": "Some", "value": "Task7"}),
            "states[1].owner: expected a member of Task (Task0, Task1), found 'Task7'",
        ),
    ],
)
def test_altered_files(lock: System, stored: Path, edit: Edit, message: str) -> None:
    doc = json.loads(stored.read_text())
    edit(doc)
    stored.write_text(json.dumps(doc))
    assert message in refusal(stored, lock)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("flag", 1, "flag: expected true or false, found 1"),
        ("count", {"#bigint": "x"}, "count: expected"),
        ("count", {"#bigint": "9" * 5000}, "count: expected"),
        ("count", True, "count: expected"),
        ("count", {"#bigint": "4"}, "count: expected"),
        ("colour", 3, "colour: expected a member of Colour (RED, GREEN), found 3"),
        ("owner", "Task0", "owner: expected an optional value"),
        ("by_int", {"#map": [7]}, "by_int: expected [key, value] pairs, found 7"),
        ("by_int", {"#map": []}, "by_int: there is no entry for -1"),
        ("by_int", {"#map": [[{"#bigint": "0"}, "RED"]] * 2}, "by_int: the key 0 stands twice"),
        ("by_int", {"#map": [[{"#bigint": "0"}, "BLUE"]]}, "by_int[0]: expected a member of Colour"),
        ("waiters", ["Task0"], 'waiters: expected {"#set": [...]}'),
        ("waiters", {"#set": ["Task0", "Task0"]}, "waiters: the set holds a value twice"),
        ("queue", [1, 2, 3], "queue: expected a list of at most 2 items"),
        ("queue", [{"id": {"#bigint": "9"}, "done": True}], "queue[0].id: expected"),
        ("last", {"id": 1}, "last: expected a Request with the components id, done"),
    ],
)
def test_wrong_values(zoo: System, tour: Trace, tmp_path: Path, field: str, value: Any, message: str) -> None:
    doc = json.loads(itf.dumps(zoo, tour))
    doc["states"][0][field] = value
    path = tmp_path / "t"
    path.write_text(json.dumps(doc))
    assert f": states[0].{message}" in refusal(path, zoo)


def test_an_altered_value_that_fits_its_type_is_for_replay_to_refuse(lock: System, stored: Path) -> None:
    doc = json.loads(stored.read_text())
    doc["states"][1]["owner"]["value"] = "Task0"
    stored.write_text(json.dumps(doc))
    with pytest.raises(NotABehaviour, match="step 1: take leads to another state than the trace says"):
        replay(lock, itf.read(stored, lock))
