"""Does the reference virtqueue do what the model allows, and are its wrong variants found out?"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from virtspec.frontend.load import load
from virtspec.ir.system import System
from virtspec.testing.machine import Failure, machine, run
from virtspec_models.request_batching import reference
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
        self.driver = self.driver_class(lists=2)
        self.threads = reference.Threads(self.driver)

    def step(self, action: str, picks: Mapping[str, Any]) -> None:
        self.driver.fate = lambda request: str(picks.get("outcome", "NORMAL"))
        if action == "virtscsi_req_done":
            self.threads.reap()
        else:
            self.threads.step(thread_of(action, picks))

    def observe(self) -> Mapping[str, Any]:
        driver, ring = self.driver, self.driver.ring
        stands = {f"Sub{i}": self.threads.at(f"submitter {i}") for i in range(2)}
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
            "done": len(driver.done),
            "Sub.pc": {sub: "idle" for sub, label in stands.items() if label is None},
            "handle_vq.pc": {0: "idle"} if self.threads.at("device") is None else {},
        }


def thread_of(action: str, picks: Mapping[str, Any]) -> str:
    return "device" if action.startswith("handle_vq") else "submitter " + str(picks["i"]).removeprefix("Sub")


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
        (reference.CommitsOnlyIfSomethingIsLeft, "expected dispatch.commit_rqs[2].kick_prepare, observed idle"),
        (reference.KicksOutsideTheLock, "vq.vq_lock.owner[0]: expected Sub0, observed None"),
        (reference.SleepsWithoutALook, "handle_vq.pc[0]: expected handle_vq.recheck, observed idle"),
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
        run(machine(system, adapter(reference.CommitsOnlyIfSomethingIsLeft), tell=["outcome"]))
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
        threads = reference.Threads(driver)
        pop = driver.device.pop

        def noting(pop: Any = pop, popped: list[Any] = popped, driver: Any = driver) -> None:
            pop()
            popped.append(driver.device.popped[-1])

        driver.device.pop = noting  # type: ignore[method-assign]
        play(threads, seed)
        for i in range(2):
            assert [r.number for r in popped if r.submitter == i] == list(range(4))


def play(threads: reference.Threads, seed: int) -> None:
    chooser = random.Random(seed)
    while choices := list(threads.runnable()):
        chooser.choice(choices)[1]()


def test_every_schedule_played_ends_with_everything_done() -> None:
    for seed in range(50):
        driver = reference.Driver(lists=2, slots=2, tags=3)
        play(reference.Threads(driver), seed)
        assert len(driver.done) == 8
        assert len(set(driver.done)) == 8
