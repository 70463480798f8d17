"""`conform` on logs of the reference implementations: by real threads, by explored schedules, right and wrong versions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from virtspec.api.conforming import conform
from virtspec_models.mdev.reference.crowd import REFERENCE as MDEV
from virtspec_models.playing.command import Reference, main
from virtspec_models.playing.paths import Line
from virtspec_models.request_batching.reference.versions import REFERENCE as BATCHING

REFERENCES = (MDEV, BATCHING)
RIGHT = [(r, v) for r in REFERENCES for v, version in r.versions.items() if version.claims == version.model]
WRONG = [(r, v) for r in REFERENCES for v, version in r.versions.items() if version.claims != version.model]

TWO_REMOVERS = {"MDEV-S12"}
"""No configuration with one remover expects it: the second one is told of a success that is none."""


def played(reference: Reference, path: Path, *arguments: str) -> Path:
    """The log of a play, whether a bug of the kernel ended it or not."""
    assert main(reference, [*arguments, "--log", str(path)]) in (0, 1)
    return path


def lines(log: Path) -> list[Line]:
    return [json.loads(text) for text in log.read_text().splitlines()]


@pytest.mark.parametrize(("reference", "version"), RIGHT, ids=[v for _, v in RIGHT])
@pytest.mark.parametrize("how", [["--threads"], ["--seed", "11"], ["--seed", "12"]], ids=" ".join)
def test_what_a_right_version_does_is_explained(
    reference: Reference, version: str, how: list[str], tmp_path: Path
) -> None:
    log = played(reference, tmp_path / "log.jsonl", "--version", version, *how)
    found = conform(reference.mechanism, log)
    assert found.rejection is None
    assert {v.property for v in found.violations if not v.expected} <= TWO_REMOVERS, found
    assert found.matched == len(lines(log)) - 1
    assert found.parts[0].largest == 1  # every choice is in the log


def first_departure(reference: Reference, version: str, folder: Path) -> Path:
    """The log of the first seed with which a wrong version does what its model does not."""
    for seed in range(40):
        log = played(reference, folder / f"{seed}.jsonl", "--version", version, "--seed", str(seed))
        if conform(reference.mechanism, log).rejection is not None:
            return log
    raise AssertionError(f"{version} departs with no seed")


@pytest.mark.parametrize(("reference", "version"), WRONG, ids=[v for _, v in WRONG])
def test_a_wrong_version_is_rejected_and_its_log_is_a_schedule(
    reference: Reference, version: str, tmp_path: Path
) -> None:
    log = first_departure(reference, version, tmp_path)
    found = conform(reference.mechanism, log)
    assert found.rejection is not None
    again = played(reference, tmp_path / "again.jsonl", "--version", version, "--schedule", str(log))
    assert again.read_text() == log.read_text()
    assert conform(reference.mechanism, again).rejection == found.rejection


@pytest.mark.parametrize(
    ("reference", "version", "properties"),
    [
        (MDEV, "pre", {"MDEV-S1", "MDEV-S5", "MDEV-S2D", "fault"}),
        (MDEV, "v5", {"MDEV-S10"}),
        pytest.param(BATCHING, "W1", {"RB-P1"}, marks=pytest.mark.slow),
        pytest.param(BATCHING, "W8", {"RB-P1"}, marks=pytest.mark.slow),
        (BATCHING, "W9", {"RB-P4"}),
    ],
)
def test_the_model_of_its_mistake_names_the_property(
    reference: Reference, version: str, properties: set[str], tmp_path: Path
) -> None:
    """Beside the model that makes the same mistake a log is explained, and some play of it violates the property."""
    seen: set[str] = set()
    for seed in range(60):
        log = played(reference, tmp_path / f"{seed}.jsonl", "--version", version, "--seed", str(seed))
        mistake = conform(reference.mechanism, log).mistake
        if mistake is not None:
            assert mistake.rejection is None, mistake.rejection
            seen |= {v.property for v in mistake.violations}
            if seen & properties:
                return
    raise AssertionError(f"no play of {version} violates {properties}, only {seen}")


def test_a_log_may_leave_out_what_its_program_does_not_know(tmp_path: Path) -> None:
    log = played(MDEV, tmp_path / "log.jsonl", "--seed", "5")
    kept = [{k: v for k, v in line.items() if k not in ("d", "uuid")} for line in lines(log)]
    log.write_text("".join(json.dumps(line) + "\n" for line in kept))
    found = conform("mdev", log)
    assert found.verdict == "explained"
    assert found.parts[0].largest > 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"event": "create_store.nonsense"}, "the model has no step 'create_store.nonsense' in this configuration"),
        ({"thread": "Creator9"}, "create_store: 'Creator9' is not one of Creator0, Creator1"),
        ({"uuid": "Uuid7"}, "create_store: 'Uuid7' is not one of Uuid0, Uuid1"),
    ],
)
def test_what_the_model_does_not_know_is_rejected_where_it_stands(
    change: dict[str, object], why: str, tmp_path: Path
) -> None:
    log = played(MDEV, tmp_path / "log.jsonl", "--seed", "5")
    header, *steps = lines(log)
    number = next(i for i, line in enumerate(steps) if line["event"] == "create_store")
    steps[number] = {**steps[number], **change}
    log.write_text("".join(json.dumps(line) + "\n" for line in (header, *steps)))
    found = conform("mdev", log)
    assert found.rejection is not None
    assert (found.rejection.line, found.rejection.why) == (number + 2, why)
