"""From the events of threads to rows: windows, values, members, objects, and what no run of the code can log."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path

import pytest

from virtspec.conform.events import Event, Header, Lost, Record
from virtspec.conform.mapping import Mapper
from virtspec.conform.observer import NUMBER
from virtspec.conform.rows import Part, Row
from virtspec.conform.table import read_table


class Log:
    """A log whose events tell their instance in the field `of`; those of `other` are somebody else's."""

    def __init__(self) -> None:
        self.headers: list[Header] = []

    def take(self, event: Event) -> bool:
        return "other" not in event.fields

    def header(self, header: Header) -> None:
        self.headers.append(header)

    def instance(self, event: Event) -> Hashable | None:
        return None if event.fields.get("of") == "nobody" else event.fields.get("of", "it")

    def params(self, instance: Hashable, sizes: Mapping[str, int]) -> Mapping[str, object]:
        return {}

    def constants(self, instance: Hashable) -> Mapping[str, int]:
        return {}


def records(text: str) -> list[Record]:
    """One for each line: `thread event field=value ...`, on CPU 0 or `thread@cpu`; or `lost count cpu`, `?` for unknown."""
    found: list[Record] = []
    for line, words in enumerate(map(str.split, text.strip().splitlines()), 1):
        if words[0] == "lost":
            count, of = (None if w == "?" else int(w) for w in words[1:])
            found.append(Lost(line, count, of))
            continue
        if words[0] == "header":
            found.append(Header(line, {}))
            continue
        who, _, cpu = words[0].partition("@")
        pairs = [word.split("=") for word in words[2:]]
        fields: dict[str, int | str] = {k: int(v) if v.lstrip("-").isdigit() else v for k, v in pairs}
        found.append(Event(line, words[1], who, int(cpu or 0), None, fields))
    return found


class Reader:
    """Reads logs by tables, whose rules tell with `process` which Scalarset the member is of."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, table: str, text: str) -> Mapper:
        self.path.write_text('config = "none"\n' + table)
        made = read_table(self.path)
        mapper = Mapper(made, Log(), [rule.process for rule in made.rules])
        mapper.read(records(text))
        return mapper

    def rows(self, table: str, text: str) -> list[str]:
        """The rows of the one instance, as text."""
        mapper = self.read(table, text)
        assert mapper.rejected is None, mapper.rejected
        (part,) = mapper.parts.values()
        return shown(mapper, part)

    def refused(self, table: str, text: str) -> str:
        mapper = self.read(table, text)
        assert mapper.rejected is not None
        return f"{mapper.rejected.line}: {mapper.rejected.why}"


def shown(mapper: Mapper, part: Part) -> list[str]:
    """`kind action member given`, given values only if there are any, `?` for what is not known."""
    return [row_text(mapper, row) for row in part.in_order()]


def row_text(mapper: Mapper, row: Row) -> str:
    if row.kind == "lost":
        return f"lost {'?' if row.count is None else row.count}"
    given = " ".join("?" if v is None else str(v) for v in row.given)
    return f"{row.kind} {mapper.table.rules[row.rule].title} {row.member} {given}".rstrip()


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path / "trace.toml")


# --- windows ----------------------------------------------------------------------------------------------------------

CALL = """
[paths]
thread = "(in mid (more)? out | one)*"

[[step]]
action = "go"
process = "Task"
from = "in"
to = "out"

[[step]]
action = "sit"
process = "Task"
at = "one"
"""


def test_a_step_is_a_window_from_its_first_event_to_its_last(reader: Reader) -> None:
    mapper = reader.read(CALL, "A in\nA mid\nA out")
    (part,) = mapper.parts.values()
    opened, shut = part.in_order()
    assert (opened.kind, opened.event, opened.line, opened.window) == ("open", 0, 1, 0)
    assert (shut.kind, shut.event, shut.line, shut.window) == ("close", 2, 3, 0)
    assert opened.given == shut.given == []


def test_windows_of_several_threads_overlap_and_have_numbers_of_their_own(reader: Reader) -> None:
    mapper = reader.read(CALL, "A in\nB in\nA mid\nB mid\nC one\nB out\nA out")
    (part,) = mapper.parts.values()
    rows = [(row.kind, row.line, row.member, row.window) for row in part.in_order()]
    assert rows == [
        ("open", 1, 0, 1),
        ("open", 2, 1, 0),
        ("move", 5, 2, -1),
        ("close", 6, 1, 0),
        ("close", 7, 0, 1),
    ]
    assert part.sizes == {"Task": 3}


def test_at_one_event_windows_close_before_something_happens_and_open_behind_it(reader: Reader) -> None:
    table = """
    paths = { thread = "(a b c)*" }
    step = [
        { action = "later", from = "b", to = "c" },
        { action = "now", at = "b" },
        { action = "before", from = "a", to = "b" },
    ]
    """
    assert reader.rows(table, "A a\nA b\nA c") == [
        "open before 0",
        "close before 0",
        "move now 0",
        "open later 0",
        "close later 0",
    ]


def test_without_a_beginning_a_window_reaches_back_to_the_last_event_of_the_thread(reader: Reader) -> None:
    table = 'paths = { thread = "(a b)*" }\nstep = [{ action = "s", to = "b" }, { action = "t", to = "a" }]'
    mapper = reader.read(table, "A a\nB a\nB b\nA b\nB a")
    (part,) = mapper.parts.values()
    spans = [(r.event, r.kind, mapper.table.rules[r.rule].title) for r in part.in_order()]
    assert spans == [
        (-1, "open", "t"),  # of A, from the beginning of the log
        (-1, "open", "t"),
        (0, "close", "t"),
        (0, "open", "s"),
        (1, "close", "t"),
        (1, "open", "s"),
        (2, "close", "s"),
        (2, "open", "t"),  # of B, from its own last event on
        (3, "close", "s"),
        (4, "close", "t"),
    ]


def test_no_window_reaches_back_behind_the_beginning_of_its_instance(reader: Reader) -> None:
    table = 'paths = { thread = "(a)*" }\nstep = [{ action = "s", to = "a" }]'
    mapper = reader.read(table, "A a of=1\nB a of=1\nA a of=2\nA a of=1")
    assert {name: [(r.kind, r.event) for r in part.in_order()] for name, part in mapper.parts.items()} == {
        1: [("open", -1), ("open", -1), ("close", 0), ("close", 1), ("open", 2), ("close", 3)],
        2: [("open", 1), ("close", 2)],
    }


def test_what_begins_and_goes_another_way_does_not_happen(reader: Reader) -> None:
    table = """
    paths = { thread = "(a (b | c))*" }
    step = [{ action = "s", from = "a", to = "b" }]
    """
    assert reader.rows(table, "A a\nA c\nA a\nA b") == ["open s 0", "close s 0"]


def test_a_condition_on_a_field_decides_whether_a_rule_begins_ends_or_happens(reader: Reader) -> None:
    table = """
    paths = { thread = "(a b)*" }
    step = [
        { action = "s", from = "a[x=1]", to = "b[y!=no]" },
        { action = "t", at = "b[x=-1]" },
    ]
    """
    text = "A a x=1\nA b y=no\nA a x=1\nA b y=yes\nA a\nA b x=-1\nA a x=1\nA b"
    assert reader.rows(table, text) == ["open s 0", "close s 0", "move t 0", "open s 0", "close s 0"]


def test_a_log_that_ends_inside_a_call_leaves_its_window_open(reader: Reader) -> None:
    assert reader.rows(CALL, "A in\nA mid\nB one") == ["open go 0", "move sit 1"]


def test_the_same_event_in_another_path_is_another_thing(reader: Reader) -> None:
    table = """
    paths = { thread = "(x work | y work)*", work = "w", x = "x_in w x_out", y = "y_in w" }
    step = [{ action = "s", at = "x.w" }, { action = "t", at = "y.w" }, { action = "u", at = "work.w" }]
    """
    text = "A x_in\nA w\nA x_out\nA w\nA y_in\nA w\nA w"
    assert reader.rows(table, text) == ["move s 0", "move u 0", "move t 0", "move u 0"]


# --- values -----------------------------------------------------------------------------------------------------------

VALUES = """
paths.thread = "(in (more)? out (late)? | one)*"

[[step]]
action = "s"
from = "in"
to = "out"
values = { a = "in.x", b = "out.x", c = "more?", d = "more.x", e = "late?" }
"""


def test_values_are_those_of_the_events_of_the_call(reader: Reader) -> None:
    text = "A in x=1\nA more x=-5\nA out x=2\nA late\nA in x=3\nA out x=4\nA one"
    assert [row for row in reader.rows(VALUES, text) if "open" in row] == [
        "open s 0 1 2 1 -5 1",
        "open s 0 3 4 0 ? 0",
    ]


def test_values_of_a_thread_are_not_those_of_another(reader: Reader) -> None:
    text = "A in x=1\nB in x=2\nB more x=7\nA out x=3\nB out x=4\nA one\nB one"
    opened = [row for row in reader.rows(VALUES, text) if "open" in row]
    assert opened == ["open s 0 1 3 0 ? 0", "open s 0 2 4 1 7 0"]


def test_what_has_not_come_when_the_log_ends_is_not_known(reader: Reader) -> None:
    assert reader.rows(VALUES, "A in x=1\nA out x=2")[0] == "open s 0 1 2 ? ? ?"


def test_what_has_not_come_when_the_call_is_over_did_not_come(reader: Reader) -> None:
    table = """
    paths = { thread = "(in (more)? out)*" }
    step = [{ action = "s", from = "in", to = "out", values = { c = "more?" } }]
    """
    assert reader.rows(table, "A in\nA out") == ["open s 0 0", "close s 0 0"]


def test_a_value_may_come_from_a_later_event_of_the_call_which_is_told(reader: Reader) -> None:
    table = """
    paths = { thread = "(in out)*" }
    see = [{ at = "in", values = { ret = "out.ret", n = "in.n" } }]
    """
    mapper = reader.read(table, "A in n=4\nB in n=5\nB out ret=6\nA out ret=7")
    (part,) = mapper.parts.values()
    assert [(r.line, r.given, r.learned) for r in part.in_order()] == [(1, [7, 4], [4, 1]), (2, [6, 5], [3, 2])]


def test_of_two_events_of_one_name_the_last_counts(reader: Reader) -> None:
    table = """
    paths = { thread = "(in (a)* out)*" }
    see = [{ at = "out", values = { x = "a.x" } }]
    """
    assert reader.rows(table, "A in\nA a x=1\nA a x=2\nA out\nA in\nA out") == ["move at out 0 2", "move at out 0 ?"]


def test_text_is_no_value_and_a_field_that_is_missing_is_not_known(reader: Reader) -> None:
    table = 'paths = { thread = "(a)*" }\nsee = [{ at = "a", values = { x = "a.x" } }]'
    assert reader.rows(table, "A a x=far\nA a\nA a x=0") == ["move at a 0 ?", "move at a 0 ?", "move at a 0 0"]


def test_numbers_that_no_condition_can_hold_stay_far_from_all_others(reader: Reader) -> None:
    """A pointer, or -1 without a sign."""
    table = 'paths = { thread = "(a)*" }\nsee = [{ at = "a", values = { x = "a.x" } }]'
    mapper = reader.read(table, f"A a x={(1 << 64) - 1}\nA a x={-(1 << 63)}\nA a x={1 << 39}")
    (part,) = mapper.parts.values()
    high, low, plain = (row.given[0] for row in part.in_order())
    assert (high, low, plain) == (NUMBER.hi, NUMBER.lo, 1 << 39)


# --- members ----------------------------------------------------------------------------------------------------------


def test_a_thread_is_a_member_while_it_is_inside_a_call(reader: Reader) -> None:
    text = "A in\nB one\nA mid\nA out\nC one\nB in\nB mid\nB out"
    mapper = reader.read(CALL, text)
    (part,) = mapper.parts.values()
    by_line = {row.line: row.member for row in part.in_order()}
    assert by_line[1] == by_line[4] == 0
    assert by_line[2] == by_line[5] == 1  # that has been free for longer
    assert part.sizes == {"Task": 2}


def test_a_member_is_its_threads_from_the_beginning_of_a_window(reader: Reader) -> None:
    """Not only when the window closes: meanwhile somebody else might be the same member."""
    text = "A in\nB one\nA mid\nA out"
    mapper = reader.read(CALL, text)
    (part,) = mapper.parts.values()
    a, b = ({row.member for row in part.in_order() if row.line in lines} for lines in ((1, 4), (2,)))
    assert len(a) == 1 and a.isdisjoint(b)


def test_members_that_are_kept_stay_with_their_threads(reader: Reader) -> None:
    mapper = reader.read('kept = ["Task"]' + CALL, "A one\nB one\nB one\nA one\nC one\nA one")
    (part,) = mapper.parts.values()
    assert [row.member for row in part.in_order()] == [0, 1, 1, 0, 2, 0]
    assert part.sizes == {"Task": 3}


def test_each_instance_has_members_of_its_own(reader: Reader) -> None:
    text = "A one of=1\nB one of=1\nB one of=2\nA one of=2\nB one of=1\nA one of=1\nA one of=2\nB one of=2"
    for kept, members in (("", [0, 0, 0, 0]), ('kept = ["Task"]', [0, 1, 1, 0])):
        mapper = reader.read(kept + CALL, text)
        first, second = (part.in_order() for part in mapper.parts.values())
        assert [row.member for row in first] == members
        assert [row.member for row in second] == members
        size = {"Task": max(members) + 1}
        assert {name: part.sizes for name, part in mapper.parts.items()} == {1: size, 2: size}


def test_a_thread_stays_the_same_member_while_its_call_may_go_on(reader: Reader) -> None:
    table = """
    paths = { thread = "(in (more)*)*" }
    step = [{ action = "s", at = "in", process = "Task" }, { action = "t", at = "more", process = "Task" }]
    """
    mapper = reader.read(table, "A in\nB in\nC in\nB more\nA more\nA in\nA more\nC more")
    (part,) = mapper.parts.values()
    assert [row.member for row in part.in_order()] == [0, 1, 2, 1, 0, 0, 0, 2]


def test_a_rule_of_nobody_has_no_member(reader: Reader) -> None:
    table = 'paths = { thread = "(a)*" }\nstep = [{ action = "s", at = "a" }]'
    mapper = reader.read(table, "A a\nB a")
    assert [part.sizes for part in mapper.parts.values()] == [{}]


def test_interrupts_are_of_the_cpu_and_not_of_the_thread(reader: Reader) -> None:
    table = """
    paths = { thread = "(in out)*", interrupt = "(irq (done)*)*" }
    step = [{ action = "s", from = "irq", to = "done", process = "Cpu", values = { x = "irq.x" } }]
    """
    text = "A@0 in\nA@0 irq x=1\nB@1 irq x=2\nA@1 done\nA@0 out\nB@0 done"
    assert reader.rows(table, text) == ["open s 0 1", "open s 1 2", "close s 1 2", "close s 0 1"]
    assert reader.refused(table, "A@0 irq\nB@1 done") == "2: CPU 1 first logs irq, not done"


# --- objects ----------------------------------------------------------------------------------------------------------

OBJECTS = """
[paths]
thread = "(new (named end | failed) | use | drop | see)*"

[objects.key]
type = "Key"
seen = ["new.key"]

[objects.box]
type = "Box"
born = "new"
named = ["named.box"]
seen = ["use.box", "drop.box"]
dies = ["drop"]
keeps = ["key"]

[[step]]
action = "make"
at = "end"
with = { b = "box", k = "key" }

[[step]]
action = "use"
at = "use"
with = { b = "box" }

[[see]]
at = "see"
with = { b = "box" }
"""


def made(who: str, box: int, key: int) -> str:
    return f"{who} new key={key}\n{who} named box={box}\n{who} end\n"


def test_objects_are_members_from_their_birth_on(reader: Reader) -> None:
    text = made("A", 500, 1) + made("B", 600, 2) + "A use box=600\nA use box=500"
    mapper = reader.read(OBJECTS, text)
    (part,) = mapper.parts.values()
    assert shown(mapper, part) == ["move make 0 0 0", "move make 0 1 1", "move use 0 1", "move use 0 0"]
    assert part.sizes == {"Box": 2, "Key": 2}


def test_what_is_seen_by_name_is_the_same_as_long_as_somebody_uses_it(reader: Reader) -> None:
    text = made("A", 500, 7) + made("A", 600, 7) + made("A", 700, 8)
    assert reader.rows(OBJECTS, text) == ["move make 0 0 0", "move make 0 1 0", "move make 0 2 1"]


def test_a_member_is_free_again_when_its_object_has_died_and_not_before(reader: Reader) -> None:
    text = made("A", 500, 1) + made("A", 600, 2) + "B drop box=500\n" + made("A", 500, 3) + made("A", 700, 2)
    mapper = reader.read(OBJECTS, text)
    (part,) = mapper.parts.values()
    assert shown(mapper, part) == ["move make 0 0 0", "move make 0 1 1", "move make 0 0 0", "move make 0 2 1"]
    assert part.sizes == {"Box": 3, "Key": 2}


def test_an_object_keeps_others_in_use(reader: Reader) -> None:
    """Key 1 is kept by the box; without it, the next key would become the same member."""
    text = made("A", 500, 1) + "A new key=2\nA failed\nA new key=3\nA failed\n" + made("A", 600, 1)
    mapper = reader.read(OBJECTS, text)
    (part,) = mapper.parts.values()
    assert [row.given for row in part.in_order()] == [[0, 0], [1, 0]]
    assert part.sizes["Key"] == 2


def test_what_is_born_and_gets_no_name_is_given_up_with_the_call(reader: Reader) -> None:
    text = "A new key=1\nA failed\nA new key=1\nA failed\n" + made("A", 500, 1)
    mapper = reader.read(OBJECTS, text)
    (part,) = mapper.parts.values()
    assert part.sizes == {"Box": 1, "Key": 1}


def test_objects_in_hands_at_the_same_time_are_different_members(reader: Reader) -> None:
    text = "A new key=1\nB new key=1\nB named box=600\nA named box=500\nA end\nB end"
    assert reader.rows(OBJECTS, text) == ["move make 0 0 0", "move make 0 1 0"]


def test_an_object_that_is_not_in_hand_is_not_known(reader: Reader) -> None:
    assert reader.rows(OBJECTS, made("A", 500, 1) + "A see") == ["move make 0 0 0", "move at see 0 ?"]


def test_an_object_that_has_died_is_not_named_again(reader: Reader) -> None:
    text = made("A", 500, 1) + "A drop box=500\nB use box=500"
    assert reader.refused(OBJECTS, text) == "5: use names a box, 500, which was released at line 4"


def test_an_object_that_never_was_is_not_named(reader: Reader) -> None:
    text = made("A", 500, 1) + f"B use box={0xFFFF888100000000}"
    assert reader.refused(OBJECTS, text) == "4: use names a box, 0xffff888100000000, which was never there"


def test_a_name_in_use_is_not_given_to_another(reader: Reader) -> None:
    text = made("A", 500, 1) + "B new key=2\nB named box=500"
    assert reader.refused(OBJECTS, text) == "5: named names a new box, which has been in use since line 2"


def test_an_object_dies_once(reader: Reader) -> None:
    text = made("A", 500, 1) + "A drop box=500\nA drop box=500"
    assert reader.refused(OBJECTS, text) == "5: drop names a box, 500, which was released at line 4"


def test_an_end_that_does_not_say_of_what_is_refused(reader: Reader) -> None:
    assert reader.refused(OBJECTS, "A drop") == "1: drop ends a box that is not there"


def test_a_name_is_free_again_when_its_object_has_died(reader: Reader) -> None:
    text = made("A", 500, 1) + "A drop box=500\n" + made("B", 500, 2) + "A use box=500"
    assert reader.rows(OBJECTS, text) == ["move make 0 0 0", "move make 0 0 0", "move use 0 0"]


def test_without_a_birth_an_object_is_there_when_it_is_named(reader: Reader) -> None:
    table = """
    paths = { thread = "(made | gone)*" }
    objects.box = { type = "Box", named = ["made.box"], seen = ["gone.box"], dies = ["gone"] }
    step = [{ action = "make", at = "made", with = { b = "box" } }]
    """
    mapper = reader.read(table, "A made box=1\nA made box=2\nA gone box=1\nA made box=3\nA made box=4")
    (part,) = mapper.parts.values()
    assert [row.given for row in part.in_order()] == [[0], [1], [0], [2]]
    assert part.sizes == {"Box": 3}


def test_objects_without_a_type_live_and_die_but_are_no_members(reader: Reader) -> None:
    table = """
    paths = { thread = "(made | gone)*" }
    objects.request = { born = "made[ok=1]", named = ["made[ok=1].box"], seen = ["gone.box"], dies = ["gone"] }
    step = [{ action = "make", at = "made" }]
    """
    text = "A made box=1 ok=1\nA made box=2 ok=0\nA gone box=1"
    mapper = reader.read(table, text)
    assert mapper.rejected is None and [part.sizes for part in mapper.parts.values()] == [{}]
    assert reader.refused(table, text + "\nA gone box=2") == "4: gone names a request, 2, which was never there"


def test_an_object_tells_of_which_instance_an_event_is(reader: Reader) -> None:
    text = "A new of=1 key=1\nA named box=500\nA end\nB use of=nobody box=500"
    mapper = reader.read(OBJECTS, text)
    assert list(mapper.parts) == [1] and mapper.rejected is None
    assert reader.refused(OBJECTS, "B see of=nobody") == "1: nothing says of which object see tells"


# --- the order of the code --------------------------------------------------------------------------------------------


def test_what_a_thread_logs_out_of_order_is_told_with_what_was_expected(reader: Reader) -> None:
    assert reader.refused(CALL, "A in\nB one\nA out") == "3: A logs out where the code does not: behind in it logs mid"
    assert reader.refused(CALL, "A in\nA mid\nA mid") == (
        "3: A logs mid where the code does not: behind mid it logs more or out"
    )
    assert reader.refused(CALL, "A one\nB mid") == "2: B first logs in or one, not mid"


def test_what_comes_before_what_is_refused_is_kept(reader: Reader) -> None:
    mapper = reader.read(CALL, "A one\nB in\nA mid\nA one")
    (part,) = mapper.parts.values()
    assert mapper.rejected is not None and mapper.rejected.line == 3
    assert shown(mapper, part) == ["move sit 0", "open go 0"] and mapper.matched == 2


def test_an_event_that_a_call_may_begin_with_does_not_begin_one_inside_it(reader: Reader) -> None:
    table = """
    paths = { thread = "((a)? b c)*" }
    step = [{ action = "s", from = "a", to = "b", process = "Task", values = { x = "a.x" } }]
    see = [{ at = "c", process = "Task", values = { x = "a.x", came = "a?" } }]
    """
    assert reader.rows(table, "A a x=1\nA b\nA c\nA b\nA c") == [
        "open s 0 1",
        "close s 0 1",
        "move at c 0 1 1",
        "move at c 0 ? 0",
    ]


def test_events_of_somebody_else_and_unknown_ones_are_counted_and_left_out(reader: Reader) -> None:
    mapper = reader.read(CALL, "A in\nA strange\nA mid other=1\nheader\nA mid\nB strange\nA out")
    assert mapper.rejected is None
    assert (mapper.matched, mapper.foreign, dict(mapper.skipped)) == (3, 1, {"strange": 2})
    assert isinstance(mapper.log, Log) and len(mapper.log.headers) == 1


# --- what is missing --------------------------------------------------------------------------------------------------


def test_a_marker_of_lost_events_is_a_row_of_each_instance(reader: Reader) -> None:
    mapper = reader.read(CALL, "A one of=1\nA one of=2\nlost 3 ?\nlost ? 0\nA one of=1")
    first, second = (shown(mapper, part) for part in mapper.parts.values())
    assert first == ["move sit 0", "lost 3", "lost ?", "move sit 0"]
    assert second == ["move sit 0", "lost 3", "lost ?"]


def test_behind_lost_events_a_thread_is_found_when_it_begins_anew(reader: Reader) -> None:
    rows = reader.rows(CALL, "A in\nlost 2 ?\nA mid\nA out\nA one\nA in\nA mid\nA out")
    assert rows == ["open go 0", "lost 4", "move sit 0", "open go 0", "close go 0"]


def test_each_event_left_out_is_one_more_that_is_lost_in_every_instance(reader: Reader) -> None:
    mapper = reader.read(CALL, "A in of=1\nB one of=2\nlost 1 ?\nA mid\nB one of=2\nA out\nA one of=1")
    assert mapper.rejected is None
    assert [row.count for part in mapper.parts.values() for row in part.in_order() if row.kind == "lost"] == [3, 3]


def test_a_thread_may_have_logged_its_first_events_where_some_are_lost(reader: Reader) -> None:
    assert reader.rows(CALL, "A one\nlost 1 ?\nB mid\nB out\nB one") == ["move sit 0", "lost 3", "move sit 0"]


def test_only_the_cpu_that_lost_events_has_lost_those_of_its_interrupts(reader: Reader) -> None:
    table = 'paths = { interrupt = "(irq done)*" }\nsee = [{ at = "done" }]'
    assert reader.rows(table, "A@0 irq\nA@1 irq\nlost 1 0\nA@0 irq\nA@1 done") == ["lost 1", "move at done 0"]
    assert reader.refused(table, "A@0 irq\nA@1 irq\nlost 1 0\nA@1 irq") == (
        "4: CPU 1 logs irq where the code does not: behind irq it logs done"
    )


def test_whether_an_event_came_that_may_be_lost_is_not_known(reader: Reader) -> None:
    table = """
    paths = { thread = "(in out (more)? end)*" }
    step = [{ action = "s", from = "in", to = "out", values = { c = "more?", d = "more.x" } }]
    """
    rows = reader.rows(table, "A in\nA out\nlost 2 ?\nA in\nA out\nA end")
    assert rows == ["open s 0 ? ?", "close s 0 ? ?", "lost 2", "open s 0 0 ?", "close s 0 0 ?"]


def test_a_thread_that_begins_anew_gives_back_what_it_had(reader: Reader) -> None:
    text = "A new key=1\nlost 2 ?\nA new key=2\nA failed\nB new key=3\nB failed\nC new key=4\nC failed\n"
    mapper = reader.read(OBJECTS, text + made("B", 500, 1))
    (part,) = mapper.parts.values()
    assert mapper.rejected is None
    more = mapper.slack  # for those of whom the lost events would have told
    assert part.sizes == {"Box": 1 + more, "Key": 1 + more}


def test_behind_lost_events_objects_may_have_been_made_and_have_ended(reader: Reader) -> None:
    gone = made("A", 500, 1) + "A drop box=500\nlost 3 ?\nB use box=500"
    assert reader.rows(OBJECTS, gone) == ["move make 0 0 0", "lost 3", "move use 0 ?"]
    again = made("A", 500, 1) + "lost 3 ?\n" + made("A", 500, 2) + "A use box=500\nA drop box=500"
    assert reader.read(OBJECTS, again).rejected is None
    assert reader.read(OBJECTS, "lost 3 ?\nA drop box=500").rejected is None
