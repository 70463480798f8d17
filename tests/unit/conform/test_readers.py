"""Which format a log has, how it is packed, and what is no log at all."""

import errno
import gzip
import io
import os
import random
import sys
from pathlib import Path

import pytest

from virtspec.conform import readers
from virtspec.conform.events import Event, Record
from virtspec.conform.readers import source
from virtspec.conform.readers.memo import ROOM, Memo
from virtspec.errors import InputError, UsageError

DATA = Path(__file__).parent / "data"
EVENT = b'{"event": "a"}\n'
KNOWN = "this is no log in a known format (jsonl, ftrace, trace-cmd, perf)"
CUT = "delete it, or record the log again"


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "log"
    path.write_bytes(data)
    return path


def failing(path: Path, format: str | None = None) -> tuple[list[Record], str]:
    """The records before the error, and what it says."""
    records = []
    with pytest.raises(InputError) as raised:
        for record in readers.read(path, format=format):
            records.append(record)
    assert "\n" not in str(raised.value)
    return records, str(raised.value)


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))


# --- formats ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("log.jsonl", "jsonl"),
        ("ftrace.txt", "ftrace"),
        ("ftrace-tgid.txt", "ftrace"),
        ("trace-cmd.txt", "trace-cmd"),
        ("trace-cmd-latency.txt", "trace-cmd"),
        ("perf.txt", "perf"),
    ],
)
def test_the_format_is_found_out(name: str, format: str) -> None:
    assert list(readers.read(DATA / name)) == list(readers.read(DATA / name, format=format))
    for other in set(readers.FORMATS) - {format}:
        if {format, other} != {"ftrace", "trace-cmd"}:  # which look the same, and are read the same
            with pytest.raises(InputError):
                list(readers.read(DATA / name, format=other))


def test_comments_and_markers_do_not_tell_the_format(tmp_path: Path) -> None:
    start = b"# anything\n\n   # more\nCPU:1 [LOST 3 EVENTS]\n"
    perf = b"       fio   137 [001]    12.345678: probe:add_in: (ffff) idx=2\n"
    assert len(list(readers.read(written(tmp_path, start + b"       fio-137 [001] 12.345678: a: idx=2\n")))) == 2
    message = failing(written(tmp_path, start + perf))[1]
    assert message.endswith("log:4: this is no event in the format perf: 'CPU:1 [LOST 3 EVENTS]'; "
                            "delete the line, or name another format")  # fmt: skip


def test_an_unknown_format_is_refused_with_its_first_line(tmp_path: Path) -> None:
    path = written(tmp_path, b"# a comment\n\n  Jan  5 10:00:00 host kernel: hello\nmore\n")
    records, message = failing(path)
    assert records == []
    assert message == f"{path}:3: {KNOWN}: 'Jan  5 10:00:00 host kernel: hello'; name its format"


def test_the_format_is_not_looked_for_in_the_whole_file(tmp_path: Path) -> None:
    few, many = b"x\n" * (readers.LOOKED_AT - 1), b"x\n" * readers.LOOKED_AT
    assert "log:1: this is not JSON" in failing(written(tmp_path, few + EVENT))[1]
    assert failing(written(tmp_path, many + EVENT))[1].endswith(f"log:1: {KNOWN}: 'x'; name its format")


def test_a_format_that_does_not_exist_is_a_wrong_call() -> None:
    message = "there is no format 'csv'; the formats of logs are jsonl, ftrace, trace-cmd, perf"
    with pytest.raises(UsageError, match=f"^{message}$"):
        next(readers.read(DATA / "log.jsonl", format="csv"))


# --- files -----------------------------------------------------------------------------------------------------------


def test_gzip_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress((DATA / "ftrace.txt").read_bytes()))
    assert list(readers.read(path)) == list(readers.read(DATA / "ftrace.txt"))


def test_gzip_may_have_several_members(tmp_path: Path) -> None:
    assert len(list(readers.read(written(tmp_path, gzip.compress(EVENT) + gzip.compress(EVENT))))) == 2


@pytest.mark.parametrize("packed", [False, True])
def test_standard_input(monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    stdin(monkeypatch, gzip.compress(EVENT) if packed else EVENT)
    assert list(readers.read("-")) == [Event(1, "a", "", -1, None, {})]


def test_standard_input_has_a_name_in_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, EVENT + b"x\n")
    with pytest.raises(InputError, match="^<stdin>:2: this is not JSON"):
        list(readers.read("-"))


def test_what_a_pipe_gives_is_read_at_once() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as stream, open(writing, "wb", buffering=0) as pipe:
        blocks = source.Source("pipe", stream).blocks()
        pipe.write(b"one\ntwo\nthr")
        assert next(blocks) == (1, ["one", "two"])
        pipe.write(b"ee\n")
        assert next(blocks) == (3, ["three"])


def test_lines_are_counted_across_blocks(tmp_path: Path) -> None:
    """Whatever the chunks are that the file comes in."""
    rng = random.Random(7)
    lines = [f'{{"event": "e{n}", "x": "{"ä" * rng.choice([0, 1, 40, 70_000])}"}}' for n in range(200)]
    path = written(tmp_path, "\n".join(lines).encode())
    assert path.stat().st_size > 4 * source.CHUNK
    found = list(readers.read(path))
    assert [(r.line, r.name) for r in found if isinstance(r, Event)] == [(n + 1, f"e{n}") for n in range(200)]
    assert readers.lines(path, [200, 1, 77, 999, 0]) == {1: lines[0], 77: lines[76], 200: lines[199]}


def test_lines_of_standard_input_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, EVENT)
    assert readers.lines("-", [1]) == {}


def test_lines_of_a_packed_file(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"one\r\ntwo\nthree"))
    assert readers.lines(path, {3, 1}) == {1: "one", 3: "three"}
    assert readers.lines(path, ()) == {}


# --- what is no log --------------------------------------------------------------------------------------------------


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "log"
    message = f"{path} cannot be read: No such file or directory; name a log, or - for standard input"
    assert failing(path)[1] == message
    with pytest.raises(InputError) as raised:
        readers.lines(path, [1])
    assert str(raised.value) == message


def test_a_directory(tmp_path: Path) -> None:
    assert failing(tmp_path)[1] == f"{tmp_path} is a directory; name a log, or - for standard input"


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("builtins.open", refused)  # to root everything is permitted
    path = tmp_path / "log"
    assert failing(path)[1] == f"{path} cannot be read: Permission denied; name a log, or - for standard input"


def test_a_device_that_fails_while_it_is_read() -> None:
    class Failing(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            if data := super().read1(size):
                return data
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    blocks = source.Source("log", Failing(EVENT)).blocks()
    assert next(blocks) == (1, ['{"event": "a"}'])
    with pytest.raises(InputError, match="^log:2: reading failed: Input/output error$"):
        next(blocks)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# tracer: nop\n#\n", b"cpus=2\n", b'{"virtspec": 1}\n{"lost": 3}\n'])
def test_a_log_without_an_event(tmp_path: Path, data: bytes) -> None:
    path = written(tmp_path, data)
    assert failing(path)[1] == f"{path}: there is no event in it; record the log again"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b'{"event": "\0"}\n', "there is a NUL byte"),
        (b"\0" * 100, "there is a NUL byte"),
        (b'{"event": "\xe4"}\n', "the byte 0xe4 is not UTF-8"),
        (b"\x80\0\n", "the byte 0x80 is not UTF-8"),
        (b"\0\x80\n", "there is a NUL byte"),
    ],
)
def test_what_is_no_text_is_refused_after_the_lines_before_it(tmp_path: Path, bad: bytes, says: str) -> None:
    path = written(tmp_path, EVENT * 2 + bad + EVENT)
    records, message = failing(path)
    assert [r.line for r in records] == [1, 2]
    assert message == f"{path}:3: {says}; a log is UTF-8 text, plain or gzip"
    assert failing(written(tmp_path, bad))[1] == f"{path}:1: {says}; a log is UTF-8 text, plain or gzip"


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (b"\x17\x08\x44tracing7\0", "this is a recording of trace-cmd; write the log with `trace-cmd report`"),
        (b"PERFILE2\x68\0\0\0", "this is a recording of perf; write the log with `perf script`"),
    ],
)
def test_a_recording_is_not_yet_a_log(tmp_path: Path, start: bytes, says: str) -> None:
    path = written(tmp_path, start + bytes(100))
    assert failing(path)[1] == f"{path}:1: {says}"


def long_line(length: int) -> bytes:
    start, end = b'{"event": "', b'"}\n'
    return start + b"a" * (length - len(start) - len(end) + 1) + end


def test_a_line_may_be_long_but_not_endless(tmp_path: Path) -> None:
    assert [r.line for r in readers.read(written(tmp_path, EVENT + long_line(1 << 20) + EVENT))] == [1, 2, 3]
    path = written(tmp_path, EVENT + long_line((1 << 20) + 1) + EVENT)
    records, message = failing(path)
    assert [r.line for r in records] == [1]
    assert message == f"{path}:2: the line is longer than 1 MiB; this is no log of events"


def test_of_an_endless_line_little_is_read() -> None:
    class Endless(io.BytesIO):
        given = 0

        def read1(self, size: int | None = -1, /) -> bytes:
            assert size is not None and size > 0
            self.given += size
            return b"a" * size

    stream = Endless()
    with pytest.raises(InputError, match="^log:1: the line is longer than 1 MiB"):
        next(source.Source("log", stream).blocks())
    assert stream.given <= source.LONGEST + 2 * source.CHUNK


def test_a_packed_file_that_was_cut_off(tmp_path: Path) -> None:
    lines = "".join(f'{{"event": "e{random.Random(n).random()}"}}\n' for n in range(5000)).encode()
    path = written(tmp_path, gzip.compress(lines)[:-20])
    records, message = failing(path)
    assert 4000 < len(records) <= 5000
    assert message == f"{path}:{len(records) + 1}: the gzip file is cut off; copy it again"


def test_a_packed_file_that_was_cut_off_in_its_head(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(EVENT)[:5])
    assert failing(path)[1] == f"{path}:1: the gzip file is cut off; copy it again"


def test_a_packed_file_that_is_damaged(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(EVENT))
    packed[-8] ^= 1  # of the checksum
    message = failing(written(tmp_path, bytes(packed)))[1]
    assert ":2: the gzip file is damaged (CRC check failed " in message and message.endswith("; copy it again")
    packed[10] = 0xFF  # a kind of block that does not exist
    assert ":1: the gzip file is damaged (" in failing(written(tmp_path, bytes(packed)))[1]
    path = written(tmp_path, gzip.compress(EVENT) + b"more")
    assert failing(path)[1] == f"{path}:2: the gzip file is damaged (Not a gzipped file (b'mo')); copy it again"


def test_texts_are_remembered_within_bounds() -> None:
    asked: list[str] = []

    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    memo = Memo(length)
    assert [memo["a"], memo["a"], memo["b" * 65], memo["b" * 65]] == [1, 1, 65, 65]
    assert asked == ["a", "b" * 65, "b" * 65]
    for number in range(ROOM):
        memo[str(number)]
    assert len(memo) <= ROOM and memo["a"] == 1
