"""The text formats of the kernel's tracers, each as its tool prints it, and what has no place in them."""

from pathlib import Path

import pytest

from virtspec.conform import readers
from virtspec.conform.events import Event, Header, Lost, Value
from virtspec.conform.readers.fields import fields
from virtspec.errors import InputError

DATA = Path(__file__).parent / "data"
VQ = 0xFF11000005ACF000


def error(tmp_path: Path, text: str, format: str | None = None) -> str:
    """What the reader says, after the name of the file."""
    path = tmp_path / "log"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        list(readers.read(path, format=format))
    message = str(raised.value)
    assert message.startswith(f"{path}:") and "\n" not in message
    return message.removeprefix(f"{path}:")


def event(rest: str, time: int = 5) -> str:
    return f"        fio load-137     [001] d.Z.. {time:12}: {rest}\n"


# --- the formats -----------------------------------------------------------------------------------------------------


def test_ftrace() -> None:
    assert list(readers.read(DATA / "ftrace.txt")) == [
        Header(1, {"queues": 1, "event_idx": "on", "cpu": "EPYC,+kvm-pv-sched-yield"}),
        Event(9, "block_plug", "aio load-137", 1, 5, {}),
        Event(10, "add_in", "aio load-137", 1, 6, {"vq": VQ, "idx": 2, "ret": -11, "last": 0}),
        Event(11, "queue_out", "kworker/1:1H-e-55", 1, 7, {}),
        Event(12, "irq", "<idle>-0/0", 0, 8, {"irq": 29}),
        Event(14, "irq", "<idle>-0/1", 1, 8, {"irq": 30}),
        Event(15, "store_in", "a [7] b:-12", 1, 9, {"buf": "a b = c", "page": "0000000046781964", "end": 7}),
        Lost(16, 123, 1),
        Lost(17, None, 0),
        Event(18, "hypercall", "CPU 0/KVM-131", 0, 11, {"nr": 11, "a0": 1, "a1": 0xFFFF888004A7B080}),
        Event(
            19,
            "sched_switch",
            "CPU 0/KVM-131",
            0,
            12,
            {"prev_comm": "CPU 0/KVM", "prev_pid": 131, "prev_state": "R+", "next_comm": "a=b c"},
        ),
        Event(20, "issue", "CPU 0/KVM-131", 0, 12, {}),
        Event(24, "start", "-99", 0, 13, {"id": 0, "host_no": 4, "cmnd": "(READ", "lba": 896, "raw": 28}),
        Event(25, "store_in", "bash-7", 1, 14, {"buf": "one line"}),
        Event(27, "store_out", "<...>-8", 1, 15, {"ret": 3}),
    ]


def test_ftrace_with_tgid_and_without_flags() -> None:
    assert list(readers.read(DATA / "ftrace-tgid.txt")) == [
        Event(1, "add_in", "fio-12", 3, 12.345678, {"idx": 2}),
        Event(2, "irq", "swapper/1-0/1", 1, 12.345679, {"irq": 29}),
    ]


def test_trace_cmd() -> None:
    assert list(readers.read(DATA / "trace-cmd.txt")) == [
        Header(1, {"version": 6}),
        Header(3, {"cpus": 2}),
        Event(4, "add_in", "aio_batch-137", 1, 12.345678, {"vq": VQ, "idx": 2}),
        Lost(5, 204600, 1),
        Lost(6, None, 0),
        Event(7, "kernel_stack", "aio_batch-137", 1, 12.34568, {}),
        Event(10, "irq", "<idle>-0/0", 0, 12.345681, {"__probe_ip": 0xFFFFFFFFC02F2005, "irq": 29}),
    ]


def test_trace_cmd_with_latency_columns() -> None:
    assert list(readers.read(DATA / "trace-cmd-latency.txt")) == [
        Header(1, {"cpus": 2}),
        Event(2, "add_in", "aio_batc-137", 1, 12.345678, {"idx": 2}),
        Event(3, "irq", "<idle>-0/0", 0, 12.345679, {"irq": 29}),
    ]


def test_perf() -> None:
    assert list(readers.read(DATA / "perf.txt")) == [
        Event(5, "add_in", "aio_batch-137", 1, 12.345678, {"vq": VQ, "idx": 2}),
        Event(6, "scsi_dispatch_cmd_start", "CPU 0/KVM-131", 0, 12.345679, {"host_no": 4, "id": 0}),
        Lost(7, 12, 1),
        Lost(8, 3, 1),
        Event(9, "irq_handler_entry", "swapper-0/1", 1, 12.345681, {"irq": 29, "name": "virtio0-request"}),
        Event(14, "add_in", "a 1 b-7", -1, 12.345683123, {}),
    ]


@pytest.mark.parametrize("name", ["ftrace.txt", "trace-cmd.txt", "perf.txt"])
def test_of_events_that_are_not_wanted_the_fields_stay_empty(name: str) -> None:
    full = list(readers.read(DATA / name))
    some = list(readers.read(DATA / name, wanted={"add_in"}))
    assert [r for r in some if not isinstance(r, Event)] == [r for r in full if not isinstance(r, Event)]
    for record, less in zip(full, some, strict=True):
        if isinstance(record, Event) and record.name != "add_in":
            record.fields = {}
        assert record == less
    assert any(isinstance(r, Event) and r.fields for r in some)


@pytest.mark.parametrize(
    "comm", ["a", "", "a b", "a-1", "-1", "a: b", "x-1 [000] 5: y:", "[001]", "(12)", "d.Z..", "a-1 (2) [3]", "ä:ö"]
)
def test_a_task_may_be_called_anything(tmp_path: Path, comm: str) -> None:
    log = tmp_path / "log"
    log.write_text(f"{comm:>16}-137     [001] d.Z..            5: add_in: (f+0x5/0x9) idx=2\n", encoding="utf-8")
    assert list(readers.read(log)) == [Event(1, "add_in", f"{comm}-137", 1, 5, {"idx": 2})]


@pytest.mark.parametrize("comm", ["a", "a b", "a-1", "a: b", "a 1", "a 1/2", "[001]", "CPU 0/KVM", "ä:ö"])
def test_a_task_may_be_called_anything_in_perf(tmp_path: Path, comm: str) -> None:
    log = tmp_path / "log"
    log.write_text(f"{comm:>16}   137 [001]    12.345678: probe:add_in: (ffff) idx=2\n", encoding="utf-8")
    assert list(readers.read(log)) == [Event(1, "add_in", f"{comm}-137", 1, 12.345678, {"idx": 2})]


def test_a_full_buffer_has_lost_its_oldest_events(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("# tracer: nop\n#\n# entries-in-buffer/entries-written: 1/58   #P:2\n#\n" + event("a:"))
    assert list(readers.read(log)) == [Lost(3, 57, None), Event(5, "a", "fio load-137", 1, 5, {})]


# --- fields ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("(f+0x5/0xd0 [m])", {}),
        ("a=0 b=-1 c=0x1F d=-0x1", {"a": 0, "b": -1, "c": 31, "d": "-0x1"}),
        ("a=1_000 b=1e3 c=0b1 d=1.5 e=+1", {"a": "1_000", "b": "1e3", "c": "0b1", "d": "1.5", "e": "+1"}),
        ("a=007 b=0000007 c=00000007", {"a": 7, "b": 7, "c": "00000007"}),
        ('a="1" b="" c="x=1 y" d="open', {"a": "1", "b": "", "c": "x=1 y", "d": "open"}),
        ("a= b=x", {"a": "", "b": "x"}),
        ("a=b=c d=1,2, e=3,", {"a": "b=c", "d": "1,2", "e": 3}),
        ("comm=a b pid=3", {"comm": "a b", "pid": 3}),
        ("a=1 a=2", {"a": 2}),
        ("a=" + "9" * 40, {"a": "9" * 40}),
        ("nr 0xb a0 -1", {"nr": 11, "a0": -1}),
        ("vcpu 0, rip 0x10", {"vcpu": 0, "rip": 16}),
        ("wait time 25 ns", {}),
        ("R 4096", {}),
        ("nr 11 name", {}),
        ("nr 11 a=1", {"a": 1}),
    ],
)
def test_fields(text: str, found: dict[str, Value]) -> None:
    assert fields(text) == found


# --- what has no place in them ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "        fio load-137     [001] d.Z..            5: ring_add <-ring_queue",
        "        fio load-137     [001] d.Z..          5us: add_in: idx=2",
        "2026-01-05 10:00:00 fio load-137     [001] d.Z..            5: add_in: idx=2",
        '"',
        "       fio   137 [001]    12.345678: probe:add_in: (ffffffffc02f1005) idx=2",
        '{"event": "add_in"}',
    ],
)
def test_a_line_that_is_no_event_is_refused(tmp_path: Path, line: str) -> None:
    text = line.strip()
    shown = text if len(text) <= 60 else text[:57] + "..."
    assert error(tmp_path, event("a:") + line + "\n" + event("b:")) == (
        f"2: this is no event in the format ftrace: {shown!r}; delete the line, or name another format"
    )


def test_what_is_shown_of_a_line_does_not_move_the_cursor(tmp_path: Path) -> None:
    assert "ftrace: 'a\\x1b[2J\\u202eb';" in error(tmp_path, event("a:") + "a\x1b[2J\u202eb\n")


def test_a_string_may_not_go_on_over_several_lines(tmp_path: Path) -> None:
    message = error(tmp_path, event('a: buf="one') + "two\n" + '"\n')
    assert message == "2: this is no event in the format ftrace: 'two'; delete the line, or name another format"


def test_the_message_names_the_format(tmp_path: Path) -> None:
    start = "cpus=2\n" + event("a:")
    assert error(tmp_path, start + "hello\n").startswith("3: this is no event in the format trace-cmd: 'hello';")
    perf = "       fio   137 [001]    12.345678: probe:add_in: (ffffffffc02f1005) idx=2\n"
    assert error(tmp_path, perf + "hello\n").startswith("2: this is no event in the format perf: 'hello';")
    assert error(tmp_path, perf, "ftrace").startswith("1: this is no event in the format ftrace: 'fio   137 [001]")


def test_a_last_line_that_was_cut_off_is_called_that(tmp_path: Path) -> None:
    cut = event("a:") + event("b: idx=2")[:40]
    assert error(tmp_path, cut) == "2: the last line is cut off; delete it, or record the log again"


@pytest.mark.parametrize(("before", "after"), [("7", "6"), ("12.345679", "12.345678")])
def test_time_must_not_go_backwards(tmp_path: Path, before: str, after: str) -> None:
    line = "             fio-137     [001] d.Z.. {}: a:\n"
    assert error(tmp_path, line.format(before) + "#\n" + line.format(after)) == (
        f"3: the time goes back from {before} to {after}, so the order of the events is lost; "
        "record with the trace clock counter, mono or x86-tsc, not with local or global"
    )


def test_time_may_stand_still(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(event("a:") + event("b:"))
    assert [r.name for r in readers.read(log) if isinstance(r, Event)] == ["a", "b"]


@pytest.mark.parametrize(
    "line",
    [
        " " * 300_000 + "x",
        "-1" * 150_000,
        "a-1" + " " * 300_000,
        "a 1/1 " * 50_000,
        "=>" * 150_000,
        "[1 EVENTS" * 30_000,
        "PERF_RECORD_LOST " * 20_000,
    ],
)
@pytest.mark.parametrize("format", ["ftrace", "perf"])
def test_a_long_line_of_another_kind_is_refused_at_once(tmp_path: Path, line: str, format: str) -> None:
    """The patterns must not go back and forth in it: that would take hours."""
    assert error(tmp_path, line + "\n", format).startswith(f"1: this is no event in the format {format}: ")


@pytest.mark.parametrize("text", ["a=" * 150_000, "comm=a " * 40_000, "a 1 " * 70_000 + "x", "x" * 300_000])
def test_long_fields_are_read_at_once(text: str) -> None:
    assert len(fields(text)) <= 1
