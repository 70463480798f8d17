"""How each checker is asked for liveness: one claim about a model, every process weakly fair, nothing else judged.

A claim is written down in `tests/bench/liveness` once for each checker, beside a text that takes in the model as the
other searches have it. In all of them a process that can always go on goes on, and to begin again is one of its steps.
What they have in common with a search for safety is in `checkers`. Why these settings: `tests/bench/liveness/README.md`.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from virtspec.bench import checkers, instances
from virtspec.bench.checkers import HOLDS, VIOLATED, Checker, Command, Failed, Found, Virtspec, number
from virtspec.bench.instances import MODELS, PEERS, Instance
from virtspec.bench.processes import Ran
from virtspec.errors import UsageError

LIVENESS = Path("tests", "bench", "liveness")

SIZES = {
    "small": ("peterson:N=3,L=2", "ring:P=2,C=1,K=2", "mcs:Proc=4", "ring:P=2,C=2,K=2"),
    "medium": ("peterson:N=4,L=3", "ring:P=2,C=2,K=3", "mcs:Proc=5", "peterson:N=5,L=2"),
}
"""About 10^3 to 10^4 states, 10^5 to 10^6."""


@dataclass(frozen=True)
class Claim:
    """What is claimed of a model, and is true in all its sizes. `id` is its name in our text and in that of TLC."""

    id: str
    says: str
    fair: tuple[str, ...]
    """The processes of ours, by name: all that the model has."""
    processes: Callable[[Mapping[str, int]], int]
    """How many processes there are."""
    parts: Callable[[Mapping[str, int]], int]
    """Of how many claims it is made, one for each of some processes."""


CLAIMS = {
    "peterson": Claim("ENTERS", "each process that asks enters", ("lock",), lambda p: p["N"], lambda p: p["N"]),
    "mcs": Claim("ENTERS", "each process that asks enters", ("acquire",), lambda p: p["Proc"], lambda p: p["Proc"]),
    "ring": Claim(
        "TAKES", "the consumer takes values for ever", ("produce", "consume"), lambda p: p["P"] + 1, lambda p: 1
    ),
}


def chosen(sizes: Sequence[str], models: Sequence[str]) -> list[Instance]:
    """As `instances.chosen`, of those with a claim. Raises UsageError."""
    wanted = instances.chosen(sizes, models, SIZES)
    for one in wanted:
        if one.model not in CLAIMS:
            raise UsageError(f"{one}: nothing is claimed of the liveness of {one.model}, but of {', '.join(CLAIMS)}")
    return wanted


def fairness(claim: Claim) -> dict[str, str]:
    """The parameters of ours that make every process weakly fair."""
    return {f"fair.{name}{part}": "weak" for name in claim.fair for part in ("", ".begin")}


@dataclass(frozen=True)
class LiveVirtspec(Virtspec):
    """This checker."""

    def build(self, instance: Instance, folder: Path) -> list[Command]:
        # Our text imports that of the model as `tests.corpus.classics.NAME`; Python looks where it is started.
        (folder / "tests").symlink_to(self.root / "tests")
        return []

    def search(self, instance: Instance) -> Command:
        claim = CLAIMS[instance.model]
        more = {**MODELS[instance.model].fixed, **fairness(claim)}
        return self.check(self.root / LIVENESS / f"{instance.model}_live.py", instance, more, [claim.id])

    def read(self, ran: Ran) -> Found:
        if ran.code not in (0, 1):
            raise Failed(f"exit code {ran.code}: {checkers.last_line(ran.errors)}")
        report = json.loads(ran.output)
        [claim] = report["properties"]
        if claim["verdict"] not in (HOLDS, VIOLATED):
            raise Failed(f"{claim['id']} is {claim['verdict']}")
        return replace(checkers.figures(report), verdict=claim["verdict"])


@dataclass(frozen=True)
class LiveSpin:
    """SPIN, for acceptance cycles of the negated claim, with weak fairness; always depth first, on one processor."""

    root: Path
    workers = 1
    tool = "spin"
    name = "spin"

    def build(self, instance: Instance, folder: Path) -> list[Command]:
        define = [f"-D{name}={value}" for name, value in instance.constants.items()]
        # SPIN takes (8 * NFAIR) / 2 - 2 processes, the claim being one of them, and NFAIR from 2 on.
        counters = max(2, (CLAIMS[instance.model].processes(dict(instance.parameters)) + 2) // 4 + 1)
        options = ["-DNOREDUCE", "-DNOBOUNDCHECK", f"-DNFAIR={counters}", f"-DMEMLIM={checkers.memory() >> 21}"]
        return [
            ["spin", "-a", "-o1", *define, str(self.root / LIVENESS / f"{instance.model}_live.pml")],
            ["gcc", "-w", *checkers.optimize(instance), *options, "-o", "pan", "pan.c"],
        ]

    def search(self, instance: Instance) -> Command:
        states = instance.expected or 1_000_000
        product = states * (1 + CLAIMS[instance.model].parts(dict(instance.parameters)))
        stack = 5_000_000 if instance.expected is None else max(20_000, states)
        slots = max(10, math.ceil(math.log2(product)))
        return ["./pan", "-a", "-f", "-A", "-E", f"-w{slots}", f"-m{stack}"]

    def read(self, ran: Ran) -> Found:
        errors = number(r"errors: (\d+)", ran)
        unfinished = re.search(r"max search depth too small|out of memory|Search not completed", ran.output)
        asked = re.search(r"^\s*acceptance\s+cycles\s+\+ \(fairness enabled\)", ran.output, re.MULTILINE)
        if ran.code != 0 or not asked or (unfinished and not errors):
            raise Failed(unfinished[0] if unfinished else f"exit code {ran.code}: {checkers.last_line(ran.output)}")
        product = number(r"^ *(\d+) states, stored", ran)
        return Found(None, None, verdict=VIOLATED if errors else HOLDS, product_states=product)


@dataclass(frozen=True)
class LiveTlc(checkers.Tlc):
    """TLC, breadth first; the claim is judged once, at the end of the search."""

    def build(self, instance: Instance, folder: Path) -> list[Command]:
        module = f"{instance.model}_live"
        shutil.copy(self.root / PEERS / f"{instance.model}.tla", folder)
        shutil.copy(self.root / LIVENESS / f"{module}.tla", folder)
        checkers.fill(self.root / LIVENESS / f"{module}.cfg", instance, folder / f"{module}.cfg")
        return []

    def search(self, instance: Instance) -> Command:
        return self.run_on(f"{instance.model}_live", "-lncheck", "final", "-deadlock")

    def read(self, ran: Ran) -> Found:
        if ran.code == 13 and "Temporal properties were violated." in ran.output:
            return replace(self.counted(ran), verdict=VIOLATED)
        return super().read(ran)


def available(
    root: Path, peers: tuple[str, ...], workers: tuple[int, ...], jar: Path | None
) -> tuple[list[Checker], dict[str, str]]:
    """As `checkers.available`; Rumur is left out."""
    missing = checkers.absent(peers, jar) | {peer: "it checks no liveness" for peer in peers if peer == "rumur"}
    found: list[Checker] = [LiveVirtspec(root, n) for n in workers]
    if "spin" in peers and "spin" not in missing:
        found.append(LiveSpin(root))
    if "tlc" in peers and jar is not None and "tlc" not in missing:
        found += [LiveTlc(root, n, jar) for n in workers]
    return found, missing
