"""A search that goes on from a checkpoint ends as one that never stopped; what is no checkpoint of it is refused."""

import errno
import functools
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from virtspec.errors import InputError, UsageError
from virtspec.explore.native import check as native
from virtspec.explore.native import search
from virtspec.explore.native.checkpoint import NAME
from virtspec.explore.report import Limits, Progress, Report
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path, load_text
from virtspec.ir.system import System
from virtspec.trace.verdict import Violated

CLASSICS = Path(__file__).parents[2] / "corpus" / "classics"
TEXT = """
from typing import Annotated
from virtspec import Const, Model, Range, action, fault, invariant, reachable, require, transition

class Grid(Model):
    width: Const[int] = 9
    x: Annotated[int, Range(0, width)]
    y: Annotated[int, Range(0, width)]

    @action
    def right(self) -> None:
        require(self.x < self.width)
        self.x += 1

    @action
    def up(self) -> None:
        require(self.y < self.width)
        if self.x == 2 and self.y == 4:
            fault("a hole")
        self.y += 1

@invariant(Grid)
def near(m: Grid) -> bool:
    return m.x < 4 or m.y < 5

@invariant(Grid)
def inside(m: Grid) -> bool:
    return m.x <= m.width

@transition(Grid)
def slow(before: Grid, after: Grid) -> bool:
    return after.x != 8 or before.y < 8

@reachable(Grid)
def corner(m: Grid) -> bool:
    return m.x == m.width and m.y == m.width

@reachable(Grid)
def outside(m: Grid) -> bool:
    return m.x > m.width
"""
DEPTH = 18
CUBE = """
from typing import Annotated
from virtspec import Model, Range, action, require

class Cube(Model):
    at: dict[Annotated[int, Range(0, 3)], Annotated[int, Range(0, 11)]]

    @action
    def step(self, d: Annotated[int, Range(0, 3)]) -> None:
        require(self.at[d] < 11)
        self.at[d] += 1
"""
"""Levels of more than 1000 states."""


@functools.cache
def grid(width: int = 9) -> System:
    module = load_text(TEXT, "grid.py")
    return load(module.models[0], module.properties, {"width": width})


@functools.cache
def cube() -> System:
    return load(load_text(CUBE, "cube.py").models[0], ())


@functools.cache
def whole() -> Report:
    """What a search finds that nothing stops."""
    return native.check(grid(), workers=1)


def found(report: Report) -> dict[str, Any]:
    """Everything that must not depend on how often a search was stopped."""
    names = ("complete", "states", "transitions", "depth", "per_action", "verdicts")
    return {name: getattr(report, name) for name in names}


def stop_at(folder: Path, depth: int, workers: int = 1, **how: Any) -> Report:
    """Leave a checkpoint of the level `depth` behind."""
    return native.check(grid(), checkpoint=folder, limits=Limits(depth=depth), workers=workers, **how)


def stored(folder: Path) -> Any:
    return json.loads((folder / NAME).read_text())


def alter(folder: Path, change: Callable[[Any], object]) -> None:
    doc = stored(folder)
    change(doc)
    (folder / NAME).write_text(json.dumps(doc))


# --- the same in the end ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [(1, 1), (1, 2), (2, 1), (2, 3)])
def test_resuming_from_any_level_changes_nothing(tmp_path: Path, before: int, after: int) -> None:
    assert whole().depth == DEPTH
    for depth in range(1, DEPTH):
        folder = tmp_path / str(depth)
        assert stop_at(folder, depth, before).depth == depth
        assert len(stored(folder)["levels"]) == depth + 1
        assert found(native.check(grid(), resume=folder, workers=after)) == found(whole()), depth


@pytest.mark.parametrize("workers", [1, 3])
def test_a_search_up_to_symmetry_is_resumed_as_one(tmp_path: Path, workers: int) -> None:
    module = load_path(CLASSICS / "mcs.py")
    system = load(module.models[0], module.properties, {"Proc": 3})
    native.check(system, checkpoint=tmp_path, limits=Limits(depth=15), workers=2)
    resumed, at_once = native.check(system, resume=tmp_path, workers=workers), native.check(system)
    assert resumed.reductions == at_once.reductions != ()
    assert found(resumed) == found(at_once)
    with pytest.raises(InputError, match="reduced or compiled in another way"):
        native.check(system, resume=tmp_path, reduce=())


def test_a_search_may_be_continued_many_times_in_one_directory(tmp_path: Path) -> None:
    stop_at(tmp_path, 2)
    for depth, workers in enumerate((3, 1, 2, 2, 3), 3):
        stop_at(tmp_path, depth, workers, resume=tmp_path)
        states = [f"states-{k}-of-{workers}.bin" for k in range(workers)]
        assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, *states]
    assert found(native.check(grid(), resume=tmp_path, checkpoint=tmp_path, workers=2)) == found(whole())


def test_a_search_may_be_continued_into_another_directory(tmp_path: Path) -> None:
    stop_at(tmp_path / "a", 5)
    before = stored(tmp_path / "a")
    stop_at(tmp_path / "b", 7, resume=tmp_path / "a")
    assert stored(tmp_path / "a") == before
    assert found(native.check(grid(), resume=tmp_path / "b")) == found(whole())


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("every", [0.0, 1e9])
def test_ctrl_c_within_a_level_leaves_the_checkpoint_of_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, every: float
) -> None:
    monkeypatch.setattr(search, "BUDGET", 1)  # so that a level of more than 256 states takes several rounds
    monkeypatch.setattr(search, "PROGRESS_EVERY", -1.0)
    seen: list[Progress] = []

    def interrupt(now: Progress) -> None:
        if now.depth == 20 and now.queue > 0:
            seen.append(now)
            raise KeyboardInterrupt

    how: Any = {"checkpoint": tmp_path, "checkpoint_every": every, "progress": interrupt, "workers": workers}
    report = native.check(cube(), **how)
    kept = stored(tmp_path)
    assert (report.stopped, report.complete, len(seen)) == ("interrupted", False, 1)
    assert len(kept["levels"]) == 21
    assert sum(worker["states"] for worker in kept["workers"]) < report.states
    assert sum(kept["counts"]) < report.transitions
    assert found(native.check(cube(), resume=tmp_path, workers=workers)) == found(native.check(cube()))


def test_fail_fast_stops_a_resumed_search_where_it_stopped_the_first(tmp_path: Path) -> None:
    first = native.check(grid(), checkpoint=tmp_path, fail_fast=True)
    assert isinstance(first.verdicts["fault"], Violated)
    again = native.check(grid(), resume=tmp_path, fail_fast=True)
    assert again.stopped == first.stopped == "stopped at the first violation"
    assert (again.verdicts, again.states) == (first.verdicts, first.states)
    assert found(native.check(grid(), resume=tmp_path)) == found(whole())


def test_the_time_of_all_runs_is_reported(tmp_path: Path) -> None:
    stop_at(tmp_path, 5)
    alter(tmp_path, lambda doc: doc.update(seconds=1000.0))
    assert native.check(grid(), resume=tmp_path).seconds > 1000
    assert native.check(grid(), resume=tmp_path, limits=Limits(seconds=900)).complete  # a limit is for one run


# --- when one is written ---------------------------------------------------------------------------------------------


def test_a_checkpoint_is_there_from_the_beginning_and_another_only_when_it_is_time(tmp_path: Path) -> None:
    native.check(grid(), checkpoint=tmp_path / "rare", checkpoint_every=1e9, workers=1)
    assert stored(tmp_path / "rare")["levels"] == [[0]]
    native.check(grid(), checkpoint=tmp_path / "often", checkpoint_every=0.0, workers=1)
    assert len(stored(tmp_path / "often")["levels"]) == DEPTH + 1


def test_states_are_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    replace = os.replace

    def watch(*args: Any) -> None:
        replace(*args)
        sizes.append((tmp_path / "states-0-of-1.bin").stat().st_size)

    monkeypatch.setattr(os, "replace", watch)
    native.check(grid(), checkpoint=tmp_path, checkpoint_every=0.0, workers=1)
    assert len(sizes) == DEPTH + 1
    assert [size // 8 for size in sizes] == [sum(min(d, 18 - d) + 1 for d in range(n + 1)) for n in range(DEPTH + 1)]


# --- the disk --------------------------------------------------------------------------------------------------------


def test_what_a_killed_run_left_behind_the_states_is_of_no_account(tmp_path: Path) -> None:
    stop_at(tmp_path, 5)
    with (tmp_path / "states-0-of-1.bin").open("ab") as file:
        file.write(b"half a state, and more than that")
    assert found(native.check(grid(), resume=tmp_path, workers=1)) == found(whole())
    stop_at(tmp_path, 7, resume=tmp_path)
    assert (tmp_path / "states-0-of-1.bin").stat().st_size == 8 * stored(tmp_path)["workers"][0]["states"]
    assert found(native.check(grid(), resume=tmp_path, workers=1)) == found(whole())


@pytest.mark.parametrize("call", ["replace", "fsync"])
@pytest.mark.parametrize("good", [0, 4])
def test_a_disk_error_is_told_once_and_the_search_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, good: int
) -> None:
    told: list[str] = []
    left = [good]
    real = getattr(os, call)

    def full(*args: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        report = native.check(grid(), checkpoint=tmp_path, checkpoint_every=0.0, workers=1, warn=told.append)
    assert found(report) == found(whole())
    assert len(told) == 1
    assert told[0].startswith(
        f"{tmp_path}: the checkpoint cannot be written: No space left on device; the search goes on"
    )
    if good:
        assert found(native.check(grid(), resume=tmp_path)) == found(whole())


def test_python_is_warned_as_python_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "replace", full)
    with pytest.warns(UserWarning, match="Read-only file system"):
        native.check(grid(), checkpoint=tmp_path)


def test_a_directory_that_cannot_be_made_is_refused_before_the_search(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match="cannot be used: .*; name another directory"):
            native.check(grid(), checkpoint=folder)


# --- what is refused -------------------------------------------------------------------------------------------------


def refused(folder: Path, message: str, system: System | None = None, **how: Any) -> None:
    with pytest.raises(InputError, match=message) as caught:
        native.check(system or grid(), resume=folder, **how)
    assert str(folder) in str(caught.value)


def test_a_directory_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "holds no checkpoint .*; name a directory that --checkpoint wrote")
    refused(tmp_path / "none", "holds no checkpoint")


def test_files_that_do_not_hold_their_states_are_refused(tmp_path: Path) -> None:
    stop_at(tmp_path, 5)
    file = tmp_path / "states-0-of-1.bin"
    states = file.read_bytes()
    file.write_bytes(states[:-1])
    refused(tmp_path, "states-0-of-1.bin is too short for the 21 states")
    file.write_bytes(states[:-1] + b"\1")
    refused(tmp_path, "states-0-of-1.bin does not hold the states that checkpoint.json counts")
    file.unlink()
    refused(tmp_path, "states-0-of-1.bin cannot be read: No such file or directory")
    with pytest.raises(InputError):
        native.check(grid(), resume=tmp_path, checkpoint=tmp_path)


def test_states_that_are_there_twice_are_refused(tmp_path: Path) -> None:
    stop_at(tmp_path, 5)
    file = tmp_path / "states-0-of-1.bin"
    states = file.read_bytes()
    file.write_bytes(states[:-8] + states[:8])
    alter(tmp_path, lambda doc: doc["workers"][0].update(crc32=zlib.crc32(file.read_bytes())))
    refused(tmp_path, "holds states twice")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON: .*: begin anew"),
        ("[]", "has the schema None"),
        ('{"schema": "virtspec/checkpoint/v9"}', "has the schema 'virtspec/checkpoint/v9'; this version .* reads"),
        ('{"schema": "virtspec/checkpoint/v1"}', "'version' is missing or malformed"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / NAME).write_text(text)
    refused(tmp_path, message)


@pytest.mark.parametrize(
    "change",
    [
        {"levels": []},
        {"levels": [[0], [1], [0]]},
        {"levels": [[0], [1, 2]]},
        {"levels": "all"},
        {"workers": []},
        {"workers": [{"states": -1, "crc32": 0}]},
        {"words": 2},
        {"words": True},
        {"counts": [1]},
        {"counts": [-1, 2]},
        {"config": {"width": 9}},
        {"seconds": "none"},
        {"masks": {"0": {"level": 99, "words": [0]}}},
        {"masks": {"x": {"level": 0, "words": [0]}}},
        {"masks": {"50": {"level": 0, "words": [0]}}},
        {"events": {"1": {"level": 0, "words": []}}},
    ],
    ids=str,
)
def test_a_checkpoint_that_has_been_altered_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    stop_at(tmp_path, 5)
    alter(tmp_path, lambda doc: doc.update(change))
    refused(tmp_path, "begin anew")


def test_a_checkpoint_of_another_search_is_refused(tmp_path: Path) -> None:
    stop_at(tmp_path, 5)
    there, here = grid().fingerprint, grid(5).fingerprint
    other = "was made from another specification or configuration: "
    both = rf"Grid \(width=9\) with fingerprint {there} there, Grid \(width=5\) with fingerprint {here} here"
    refused(tmp_path, other + both, grid(5))
    refused(tmp_path, "judges corner, deadlock, .*; this one judges near: name the same with --property", only=["near"])
    alter(tmp_path, lambda doc: doc.update(code="0123"))
    refused(tmp_path, "reduced or compiled in another way .*: give the options of then, or begin anew")
    alter(tmp_path, lambda doc: doc.update(version="0.0.1"))
    refused(tmp_path, "was written by virtspec 0.0.1, this is .*: resume with that version or begin anew")


def test_a_checkpoint_is_not_overwritten_by_a_new_search(tmp_path: Path) -> None:
    stop_at(tmp_path, 5)
    before = stored(tmp_path)
    again = f"a checkpoint of this search already; go on from it with --resume {tmp_path} --checkpoint {tmp_path}"
    with pytest.raises(UsageError, match=again):
        native.check(grid(), checkpoint=tmp_path)
    with pytest.raises(UsageError, match="a checkpoint of another system or search; name another directory"):
        native.check(grid(5), checkpoint=tmp_path)
    assert stored(tmp_path) == before


def test_two_runs_do_not_write_into_one_directory(tmp_path: Path) -> None:
    messages: list[str] = []

    def second(now: Progress) -> None:
        if not messages:
            with pytest.raises(UsageError) as caught:
                native.check(grid(), checkpoint=tmp_path, resume=tmp_path)
            messages.append(str(caught.value))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "PROGRESS_EVERY", -1.0)
        native.check(grid(), checkpoint=tmp_path, progress=second)
    assert messages == [
        f"--checkpoint {tmp_path}: another run is writing its checkpoints there; name another directory"
    ]


def test_states_that_need_more_memory_than_allowed_are_refused(tmp_path: Path) -> None:
    wide = grid(199)
    native.check(wide, checkpoint=tmp_path, limits=Limits(depth=300), workers=1)
    with pytest.raises(UsageError, match="the memory limit of .* was reached while reading .* states; raise --memory"):
        native.check(wide, resume=tmp_path, limits=Limits(memory=300_000), workers=1)
