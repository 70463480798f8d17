"""Random schedules of the reference core alone: what holds in each version, and what chance finds in the wrong ones."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest

from virtspec_models.mdev.reference.core import BeforeTheSeries
from virtspec_models.mdev.reference.crowd import REFERENCE, VERSIONS, Crowd
from virtspec_models.mdev.reference.kernel import is_freed
from virtspec_models.playing.command import main
from virtspec_models.playing.paths import KernelBug
from virtspec_models.playing.play import Play, at_random


def ends(version: str, seeds: int = 300) -> Iterator[tuple[str, BeforeTheSeries]]:
    """Where random schedules end if the vendor agrees: with a bug of the kernel, or with nobody inside a call."""
    for seed in range(seeds):
        core = VERSIONS[version](vendor_fails=False)
        try:
            at_random(Play(Crowd().tasks(core), lambda line: None), seed)
        except KernelBug as bug:
            yield str(bug), core
        else:
            yield "", core


@pytest.mark.parametrize("version", VERSIONS)
def test_uuids_are_unique_in_every_stretch_of_every_schedule(version: str) -> None:
    """MDEV-S11, on the implementation."""
    for seed in range(100):
        core = VERSIONS[version]()

        def unique(line: object, core: BeforeTheSeries = core) -> None:
            listed = [mdev.uuid for mdev in core.mdev_list]
            assert len(set(listed)) == len(listed)

        with contextlib.suppress(KernelBug):
            at_random(Play(Crowd().tasks(core), unique), seed)


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
    def printed(seed: str) -> str:
        assert main(REFERENCE, ["--version", "F3", "--seed", seed]) == 0
        return capsys.readouterr().out

    first = printed("7")
    assert first == printed("7")
    assert first != printed("8")
    _, *lines = [json.loads(line) for line in first.splitlines()]
    assert {line["thread"] for line in lines} <= {"Creator0", "Creator1", "Remover0", "Remover1", "User", "Parent"}
    assert lines[0]["event"] in ("create_store", "mdev_unregister_parent")


def test_a_bug_of_the_kernel_ends_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(300):
        code = main(REFERENCE, ["--seed", str(seed)])
        out, err = capsys.readouterr()
        last = json.loads(out.splitlines()[-1])
        assert ("kernel bug: use after free" in err) == (last["event"] == "fault") == code
        if code:
            return
    raise AssertionError("no seed comes by a bug")
