"""JSON Lines: what is written comes back, and what is outside the schema is refused with its place."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtspec.conform import readers
from virtspec.conform.events import Event, Header, Lost, Record, Value
from virtspec.errors import InputError

DATA = Path(__file__).parent / "data"
GOOD = '{"event": "start"}\n'
REMEDY = 'a line is one object such as {"event": "add_in", "thread": "fio-7", "idx": 2}'

TEXT = st.text(st.characters(codec="utf-8"))
NAMES = TEXT.filter(bool)
FIELDS = st.dictionaries(TEXT.filter(lambda key: key not in ("event", "thread", "cpu", "time")), st.integers() | TEXT)
EVENTS = st.tuples(NAMES, TEXT, st.integers(0, 9999), FIELDS)
LOST = st.tuples(st.none() | st.integers(0, 9999), st.none() | st.integers(0, 9999))


def log(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "log"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def error(tmp_path: Path, text: str) -> str:
    """What the reader says, after the name of the file."""
    path = log(tmp_path, text)
    with pytest.raises(InputError) as raised:
        list(readers.read(path))
    message = str(raised.value)
    assert message.startswith(f"{path}:") and "\n" not in message
    return message.removeprefix(f"{path}:")


def test_every_kind_of_line_is_read() -> None:
    assert list(readers.read(DATA / "log.jsonl")) == [
        Header(1, {"mechanism": "mdev", "removers": 2, "races": 1}),
        Event(3, "create_in", "mdevrace-114", 0, 7, {"type": 18446744072637055264, "uuid": "0x10"}),
        Event(4, "create_out", "114", -1, None, {"ok": 1, "late": 0, "ret": -17}),
        Event(5, "release", "", -1, 7.5, {}),
        Lost(6, 12, 1),
        Lost(7, None, None),
    ]


def test_of_events_that_are_not_wanted_the_fields_stay_empty() -> None:
    found = {r.name: r for r in readers.read(DATA / "log.jsonl", ["create_out"]) if isinstance(r, Event)}
    assert found["create_in"] == Event(3, "create_in", "mdevrace-114", 0, 7, {})
    assert found["create_out"].fields == {"ok": 1, "late": 0, "ret": -17}


@given(st.data())
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    events, losses = data.draw(st.lists(EVENTS, min_size=1)), data.draw(st.lists(LOST))
    times = sorted(data.draw(st.lists(st.integers(), min_size=len(events), max_size=len(events))))
    ascii_only = data.draw(st.booleans())
    written: list[dict[str, Value | None]] = []
    expected: list[Record] = []
    for line, ((name, thread, cpu, fields), time) in enumerate(zip(events, times, strict=True), 1):
        written.append({"event": name, "thread": thread, "cpu": cpu, "time": time, **fields})
        expected.append(Event(line, name, thread, cpu, time, fields))
    for line, (count, on) in enumerate(losses, len(events) + 1):
        written.append({"lost": count, "cpu": on})
        expected.append(Lost(line, count, on))
    text = "".join(json.dumps(each, ensure_ascii=ascii_only) + "\n" for each in written)
    assert list(readers.read(log(tmp_path_factory.mktemp("logs"), text))) == expected


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"event": "a", "x": [1]}', "'x' is [1]; a field is a whole number, text, true, false or null"),
        ('{"event": "a", "x": {"y": 1}}', "'x' is {\"y\": 1}; a field is a whole number, text, true, false or null"),
        ('{"event": "a", "x": 1.5}', "'x' is 1.5; a field is a whole number, text, true, false or null"),
        ('{"event": ""}', "'event' is \"\"; it is the name of the event, as text"),
        ('{"event": 3}', "'event' is 3; it is the name of the event, as text"),
        ('{"event": "a", "thread": true}', "'thread' is true; it is text or a whole number, or left out"),
        ('{"event": "a", "cpu": -1}', "'cpu' is -1; it is a whole number from 0, or left out"),
        ('{"event": "a", "cpu": "0"}', "'cpu' is \"0\"; it is a whole number from 0, or left out"),
        ('{"event": "a", "time": "7"}', "'time' is \"7\"; it is a number, or left out"),
        ('{"event": "a", "time": true}', "'time' is true; it is a number, or left out"),
        ('{"lost": "many"}', "'lost' is \"many\"; it is a whole number from 0, or left out"),
        ('{"lost": 1, "cpu": false}', "'cpu' is false; it is a whole number from 0, or left out"),
        (
            '{"name": "a"}',
            "there is neither 'event' nor 'lost' in it; say what happened as {\"event\": \"name\", ...}",
        ),
        (
            '{"virtspec": 1}',
            "there is a header here; only the first line can be one, so convert each log on its own",
        ),
        ("[1, 2]", f"this is JSON, but no object: [1, 2]; {REMEDY}"),
        ("null", f"this is JSON, but no object: null; {REMEDY}"),
        ("{'event': 1}", f"this is not JSON: Expecting property name enclosed in double quotes at column 2; {REMEDY}"),
        ('{"event": "a"} {"event": "b"}', f"there is more than one value (column 15); {REMEDY}"),
        ('{"event": "a", "time": NaN}', f"this cannot be read: NaN is no number of JSON; {REMEDY}"),
        ("start of run", f"this is not JSON: Expecting value at column 1; {REMEDY}"),
    ],
)
def test_a_line_outside_the_schema_is_refused(tmp_path: Path, line: str, says: str) -> None:
    assert error(tmp_path, f"{GOOD}{line}\n{GOOD}") == f"2: {says}"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"event": "a", "x": ' + "9" * 5000 + "}", "4300 digits"),
        ('{"event": "a", "x": ' + "[" * 100_000 + "}", "recursion"),
        ('{"event": "\\ud800"}', "surrogates not allowed"),
    ],
)
def test_what_json_allows_and_python_does_not_is_refused(tmp_path: Path, line: str, says: str) -> None:
    message = error(tmp_path, f"{GOOD}{line}\n")
    assert message.startswith("2: this cannot be read: ") and says in message


@pytest.mark.parametrize("version", ["2", '"1"', "true", "null", "1.0"])
def test_a_header_of_another_version_is_refused(tmp_path: Path, version: str) -> None:
    message = error(tmp_path, f'{{"virtspec": {version}, "mechanism": "mdev"}}\n{GOOD}')
    assert message == f"1: the schema has the version {version}; this virtspec reads version 1"


def test_a_header_holds_nothing_nested(tmp_path: Path) -> None:
    message = error(tmp_path, f'{{"virtspec": 1, "config": {{}}}}\n{GOOD}')
    assert message == "1: 'config' is {}; a field is a whole number, text, true, false or null"


def test_an_event_may_have_fields_called_like_markers(tmp_path: Path) -> None:
    records = list(readers.read(log(tmp_path, '{"event": "a", "virtspec": 3, "lost": 4}\n')))
    assert records == [Event(1, "a", "", -1, None, {"virtspec": 3, "lost": 4})]


def test_a_last_line_that_was_cut_off_is_called_that(tmp_path: Path) -> None:
    cut = "2: the last line is cut off; delete it, or record the log again"
    assert error(tmp_path, GOOD + '{"event": "sto') == cut


def test_a_last_line_without_an_end_is_read_and_judged_as_any_other(tmp_path: Path) -> None:
    assert len(list(readers.read(log(tmp_path, GOOD + GOOD.rstrip())))) == 2
    assert error(tmp_path, GOOD + '{"event": 3}').startswith("2: 'event' is 3;")


def test_time_must_not_go_backwards_but_may_stand_still_or_be_missing(tmp_path: Path) -> None:
    stamps = [5, 5, None, 6.5]
    text = "".join(json.dumps({"event": "a", "time": time}) + "\n" for time in stamps)
    assert [r.time for r in readers.read(log(tmp_path, text)) if isinstance(r, Event)] == stamps
    assert error(tmp_path, text + '{"event": "a", "time": 6}\n') == (
        "5: the time goes back from 6.5 to 6, so the order of the events is lost; "
        "record with the trace clock counter, mono or x86-tsc, not with local or global"
    )


def test_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    assert [r.line for r in readers.read(log(tmp_path, '{"event": "a"}\r\n\r\n{"event": "b"}\r\n'))] == [1, 3]
