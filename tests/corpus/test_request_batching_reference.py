"""Does the reference virtqueue do what the model allows, and are its wrong variants found out?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from virtspec.frontend.load import load
from virtspec.ir.system import System
from virtspec.testing.machine import Failure, machine, run
from virtspec_models.playing.play import Play, at_random
from virtspec_models.request_batching.reference import driver as reference
from virtspec_models.request_batching.reference import versions
from virtspec_models.request_batching.spec import Batching
from virtspec_models.request_batching.vocabulary import Outcome

WRAP = 8
PARAMS: dict[str, Any] = {
    "Sub": 2,
    "lists_each": 2,
    "wrap": WRAP,
    "faults_total": 1,
    "kinds": (Outcome.IOERR, Outcome.BUSY),
}


class Adapter:
    """Plays the model's steps on a driver and says where it stands. The indices count to 65536 there, to 8 here."""

    driver_class = reference.Driver

    def __init__(self) -> None:
        self.driver = self.driver_class(lists=2, faults=1)
        self.play = Play(self.driver.tasks(), lambda line: None)

    def step(self, action: str, picks: Mapping[str, Any]) -> None:
        task = task_of(action, picks)
        assert self.play.at(task) == action
        self.play.go(task, next(way for way in self.play.ways(task) if way.items() <= picks.items()))

    def observe(self) -> Mapping[str, Any]:
        driver, ring = self.driver, self.driver.ring
        return {
            "vq.avail_idx": {0: ring.avail_idx % WRAP},
            "vq.num_added": {0: driver.num_added},
            "vq.avail_event": {0: ring.avail_event % WRAP},
            "vq.last_avail_idx": {0: driver.device.last_avail_idx % WRAP},
            "vq.last_used_idx": {0: driver.last_used_idx % WRAP},
            "vq.kicked": {0: ring.kicked},
            "vq.vq_lock.owner": {0: None if driver.lock is None else f"Sub{driver.lock}"},
            "rq_list": {f"Sub{i}": len(left) for i, left in enumerate(driver.rq_list)},
            "tags": driver.tags,
            "faults": driver.faults,
            "done": len(driver.done),
            "Sub.pc": {sub: self.standing(sub) for sub in ("Sub0", "Sub1")},
            "handle_vq.pc": {0: self.standing("device 0")},
        }

    def standing(self, task: str) -> str | None:
        return self.play.at(task) if self.play.inside(task) else "idle"


def task_of(action: str, picks: Mapping[str, Any]) -> str:
    queue = {"handle_vq": "device", "virtscsi_req_done": "interrupt"}.get(action.partition(".")[0])
    return str(picks["i"]) if queue is None else f"{queue} {picks['q']}"


def adapter(driver: type[reference.Driver]) -> type[Adapter]:
    return type(driver.__name__, (Adapter,), {"driver_class": driver})


@pytest.fixture(scope="module")
def system() -> System:
    return load(Batching, (), PARAMS)


def test_the_reference_does_what_the_model_allows(system: System) -> None:
    run(machine(system, Adapter, tell=["outcome"]))


@pytest.mark.parametrize(
    ("driver", "seen"),
    [
        (versions.CommitsOnlyIfSomethingIsLeft, "expected dispatch.commit_rqs[2].kick_prepare, observed idle"),
        (versions.KicksOutsideTheLock, "vq.vq_lock.owner[0]: expected Sub0, observed None"),
        (versions.SleepsWithoutALook, "handle_vq.pc[0]: expected handle_vq.recheck, observed idle"),
    ],
)
def test_a_wrong_variant_is_found_out(system: System, driver: type[reference.Driver], seen: str) -> None:
    with pytest.raises(Failure) as found:
        run(machine(system, adapter(driver), tell=["outcome"]))
    text = str(found.value)
    assert "  =>  the implementation departs from the model\n" in text
    assert seen in text
    assert "spec.py:" in text


def test_the_shrunk_trace_of_the_missing_commit_is_not_much_longer_than_the_shortest(system: System) -> None:
    """That has five steps, in the model's own counterexample W1: one request published, the last one fails.

    What shrinking comes to depends on the first example found, which is another one in other versions: this one may have
    the other submitter's doorbell in it, too.
    """
    with pytest.raises(Failure) as found:
        run(machine(system, adapter(versions.CommitsOnlyIfSomethingIsLeft), tell=["outcome"]))
    steps = [line.split()[1] for line in str(found.value).splitlines() if line[:4].strip().isdigit()]
    names = [step.partition("(")[0] for step in steps]
    assert names[:2] == ["initial", "dispatch"]
    assert names[-1] == "dispatch.end"
    assert len(names) <= 1 + 3 * 5


def test_order_in_the_ring_is_the_order_of_each_list() -> None:
    """P7, on the implementation: a submitter's requests reach the ring in the order of its list."""
    for seed in range(50):
        driver = reference.Driver(lists=2)
        popped: list[reference.Request] = []
        pop = driver.device.pop

        def noting(pop: Any = pop, popped: list[Any] = popped, driver: Any = driver) -> None:
            pop()
            popped.append(driver.device.popped[-1])

        driver.device.pop = noting  # type: ignore[method-assign]
        at_random(Play(driver.tasks(), lambda line: None), seed)
        for i in range(2):
            assert [r.number for r in popped if r.submitter == i] == list(range(4))


def test_every_schedule_played_ends_with_everything_done() -> None:
    for seed in range(50):
        driver = reference.Driver(lists=2, slots=2, tags=3)
        at_random(Play(driver.tasks(), lambda line: None), seed)
        assert len(driver.done) == 8
        assert len(set(driver.done)) == 8
