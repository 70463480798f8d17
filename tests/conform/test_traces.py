"""Traces of a real kernel: all are explained, those that the tables were not written with, too; corrupted copies are not."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest
from tests.conform import corruptions
from tests.conform.corruptions import Corrupted, Line

from virtspec import api
from virtspec.api.conforming import conform, table_of

TRACES = Path(__file__).parent / "traces"
SUPPLIED = sorted(p.name for p in TRACES.glob("*.gz") if not p.name.startswith("held-out"))
HELD_OUT = sorted(p.name for p in TRACES.glob("held-out-*.gz"))


def mechanism(trace: str) -> str:
    return "mdev" if "mdev" in trace else "request_batching"


@pytest.mark.parametrize("trace", [*SUPPLIED, *HELD_OUT])
def test_what_a_kernel_did_is_a_behaviour_of_the_model(trace: str) -> None:
    found = conform(mechanism(trace), TRACES / trace)
    assert found.verdict == "explained", found.rejection
    assert found.unknown == {}
    assert found.foreign == 0
    assert found.matched + sum(found.ignored.values()) == found.events
    assert all(v.expected for v in found.violations)


@pytest.mark.parametrize("trace", [t for t in SUPPLIED if "mdev" in t])
def test_in_every_trace_of_mdev_an_mdev_becomes_one_that_nobody_can_remove(trace: str) -> None:
    """A finding of the dossier (I10), on a real kernel: a remove that comes too early is refused, but the file is gone."""
    found = conform("mdev", TRACES / trace)
    assert {v.property for v in found.violations} == {"MDEV-L2"}


@pytest.mark.parametrize(
    ("trace", "instances"),
    [("held-out-batching-q2-depth3-flags.txt.gz", {2, 3}), ("held-out-mdev-ten-reloads.txt.gz", set(range(10)))],
)
def test_each_queue_and_each_registration_is_followed_by_itself(trace: str, instances: set[int]) -> None:
    assert {p.instance for p in conform(mechanism(trace), TRACES / trace).parts} == instances


def test_the_full_ring_is_seen(tmp_path: Path) -> None:
    found = conform("request_batching", TRACES / "batching-q1-noindirect-full.txt.gz")
    assert found.parts[0].params["slots"] == 10  # of 32 descriptors, three for each request


# --- corrupted copies ------------------------------------------------------------------------------------------------

Kind = Callable[[Sequence[str], Sequence[Line], random.Random], Iterator[Corrupted]]


def of(name: str, kind: Kind) -> Kind:
    """The kind on events of one name alone."""

    def make(lines: Sequence[str], chosen: Sequence[Line], draw: random.Random) -> Iterator[Corrupted]:
        return kind(lines, [e for e in chosen if e.name == name], draw)

    return make


KINDS: dict[str, dict[str, Kind]] = {
    "request_batching": {
        "dropped": corruptions.dropped,
        "swapped": corruptions.swapped,
        "flipped": corruptions.flipped,
        "doorbell": of("vp_notify", corruptions.dropped),
        "notification": corruptions.calls_dropped("notify_in", "notify_out"),
        "nfree": corruptions.changed("nfree"),
        "nadded": corruptions.changed("nadded"),
        "lastused": corruptions.changed("lastused"),
        "again": corruptions.repeated("complete", 9),
    },
    "mdev": {
        "dropped": corruptions.dropped,
        "swapped": corruptions.swapped,
        "flipped": corruptions.flipped,
        "active": corruptions.changed("active"),
        "release": corruptions.calls_dropped("release_in", "release_unlock"),
        "removed again": corruptions.repeated("mtty_remove_in", 30),
        "released again": corruptions.repeated("release_in", 30),
        "create": corruptions.calls_dropped("cstore_in", "cstore_out"),
        "remove": corruptions.calls_dropped("rstore_in", "rstore_out"),
    },
}


@dataclass(frozen=True)
class Excuse:
    """Corrupted copies that are behaviours all the same, and why."""

    what: str
    why: str
    holds: Callable[[Corrupted, Sequence[str]], bool] = lambda corrupted, lines: True


def refused(corrupted: Corrupted, lines: Sequence[str]) -> bool:
    """Whether the create that is missing has changed nothing: a uuid was taken, the parent was on its way out."""
    thread = lines[corrupted.line - 1].split("[")[0].strip()
    after = (text for text in lines[corrupted.line :] if text.split("[")[0].strip() == thread)
    return any(" ret=-" in text for text in islice((t for t in after if "cstore_out" in t), 1))


def silent(corrupted: Corrupted, lines: Sequence[str]) -> bool:
    """Whether a thread logs nothing behind what is missing."""
    thread = lines[corrupted.line - 1].split("[")[0].strip()
    own = [text for text in lines[corrupted.line :] if text.split("[")[0].strip() == thread]
    return not any(f": {name}: " in text for text in own for name in ("qc_in", "cstore_in", "rstore_in", "commit_in"))


def alone(corrupted: Corrupted, lines: Sequence[str]) -> bool:
    """Whether a queue has no other interrupt."""
    queue = re.search(r" idx=\d+ ", lines[corrupted.line - 1])
    return queue is not None and sum(": irq: " in text and queue[0] in text for text in lines) == 1


EXCUSES = {
    "request_batching": [
        Excuse("irq dropped", "what it completes may as well have been completed by the interrupt before it"),
        Excuse("irq lastused", "indices count from the first interrupt: one alone says nothing", alone),
    ],
    "mdev": [
        Excuse("a call cstore_in ... cstore_out dropped", "a create that is refused changes nothing", refused),
        Excuse("probe_out ret", "the probe is on a jump, where the register holds no result yet"),
        Excuse(
            "a call rstore_in ... rstore_out dropped",
            "the remove came too late and found its file gone, or nobody used the uuid again before the log ends",
        ),
    ],
}
LAST = Excuse("dropped", "the thread logs nothing more, so that nothing is missing", silent)
EACH = 7
"""Copies of each kind."""


@pytest.mark.parametrize(
    ("trace", "lines"),
    [
        pytest.param("batching-q1-depth3.txt.gz", 420, marks=pytest.mark.slow),
        pytest.param("batching-q1-noindirect-full.txt.gz", 500, marks=pytest.mark.slow),
        ("held-out-batching-q2-noindirect-flags.txt.gz", 500),
        ("mdev-unload.txt.gz", 330),
        pytest.param("held-out-mdev-three-creators.txt.gz", 600, marks=pytest.mark.slow),
    ],
)
def test_a_corrupted_copy_is_rejected_where_it_can_be_known(trace: str, lines: int, tmp_path: Path) -> None:
    """Each copy is rejected, and not before the line that is wrong; but for those with an excuse."""
    name = mechanism(trace)
    text = corruptions.read(TRACES / trace)[:lines]
    events = corruptions.events(text, table_of(api.mechanism(name)).events)
    rejected = 0
    for kind, make in KINDS[name].items():
        for corrupted in islice(make(text, events, random.Random(f"{trace} {kind}")), EACH):
            found = conform(name, corrupted.write(tmp_path / "log.txt"))
            if found.rejection is None:
                excuses = [e for e in (*EXCUSES[name], LAST) if e.what in corrupted.what]
                assert any(e.holds(corrupted, text) for e in excuses), f"line {corrupted.line}: {corrupted.what}"
                continue
            assert found.rejection.line >= corrupted.line, f"{corrupted.what}: {found.rejection}"
            rejected += 1
    assert rejected >= 50
