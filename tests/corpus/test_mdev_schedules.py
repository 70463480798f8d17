"""Random schedules of the reference core alone: what holds in each version, and what chance finds in the wrong ones."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from virtspec_models.mdev.reference.__main__ import VERSIONS, main
from virtspec_models.mdev.reference.core import BeforeTheSeries
from virtspec_models.mdev.reference.kernel import KernelBug, is_freed
from virtspec_models.mdev.reference.threads import Crowd, Threads


def ends(version: str, seeds: int = 300) -> Iterator[tuple[str, BeforeTheSeries]]:
    """Where random schedules end: with a bug of the kernel, or with nobody inside a call."""
    for seed in range(seeds):
        core = VERSIONS[version]()
        threads = Threads(core)
        try:
            Crowd(threads).play(seed)
        except KernelBug as bug:
            yield str(bug), core
        else:
            assert not threads.inside
            yield "", core


@pytest.mark.parametrize("version", VERSIONS)
def test_uuids_are_unique_in_every_stretch_of_every_schedule(version: str) -> None:
    """MDEV-S11, on the implementation."""

    def unique(line: Mapping[str, Any]) -> None:
        assert len(set(line["listed"])) == len(line["listed"])

    for seed in range(100):
        with contextlib.suppress(KernelBug):
            Crowd(Threads(VERSIONS[version](), unique)).play(seed)


def test_what_is_repaired_leaves_nothing_behind() -> None:
    """MDEV-S1, S2, S3, S5 and S10, on the implementation."""
    for bug, core in ends("F3"):
        assert bug == ""
        assert core.mdev_list == [] and not core.devices[0].children
        assert all(is_freed(mdev) for mdev in core.allocated)
        assert is_freed(core.devices[0].parent)
        assert not core.devices[0].vendor.called_late


@pytest.mark.parametrize(
    ("version", "survives", "leaks", "bug"),
    [
        ("pre", True, False, "use after free: directory is read"),
        ("v5", False, True, "use after free: parent is read"),
        ("v6", False, False, "use after free: parent is read"),
    ],
)
def test_chance_finds_what_the_others_leave_behind(version: str, survives: bool, leaks: bool, bug: str) -> None:
    found = list(ends(version))
    at_their_end = [core for failed, core in found if not failed]
    assert any(core.devices[0].children for core in at_their_end) == survives
    assert any(len(core.mdev_list) > len(core.devices[0].children) for core in at_their_end) == leaks
    assert {failed for failed, _ in found} == {"", bug}


def test_a_seed_is_a_schedule(capsys: pytest.CaptureFixture[str]) -> None:
    def printed(*arguments: str) -> str:
        main(*arguments)
        return capsys.readouterr().out

    first = printed("7", "F3")
    assert first == printed("7", "F3")
    assert first != printed("8", "F3")
    lines = [json.loads(line) for line in first.splitlines()]
    assert {line["task"] for line in lines} <= {"Creator0", "Creator1", "Remover0", "Remover1", "User", "Parent"}
    assert lines[0]["label"] in ("create_store", "unregister")


def test_a_bug_of_the_kernel_ends_the_log() -> None:
    seeds = (seed for seed, (bug, _) in enumerate(ends("v6")) if bug)
    with pytest.raises(SystemExit, match="kernel bug: use after free"):
        main(str(next(seeds)))
