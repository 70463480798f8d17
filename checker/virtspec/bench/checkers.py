"""How each checker is called with its best settings, and how its report is read.

Why these settings: `tests/bench/peers/README.md`. A checker writes what it needs into an empty folder, may have commands
to build a verifier, and has one command to search. Its search must be complete and find nothing wrong; else there is
nothing to compare.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
import shutil
import string
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from virtspec.bench.instances import CLASSICS, MODELS, PEERS, Instance
from virtspec.bench.processes import Ran

OURS = "virtspec"
PEER_TOOLS = ("spin", "rumur", "tlc")

Command: TypeAlias = list[str]


class Failed(Exception):
    """A checker gave no complete verdict that everything holds; the text says what it gave instead."""


class OutOfTime(Failed):
    """It was not done in time."""


@dataclass(frozen=True)
class Found:
    """What a checker says of its search. None: it does not tell."""

    states: int
    transitions: int
    depth: int | None = None
    search_seconds: float | None = None
    compile_seconds: float | None = None
    bytes_per_state: float | None = None


# --- virtspec --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Virtspec:
    """This checker, in the installation that runs the benchmark."""

    root: Path
    workers: int
    tool = OURS

    @property
    def name(self) -> str:
        return f"{OURS}-{self.workers}"

    def build(self, instance: Instance, folder: Path) -> list[Command]:
        return []

    def search(self, instance: Instance) -> Command:
        model = MODELS[instance.model]
        parameters = [*((name, str(value)) for name, value in instance.parameters), *model.fixed.items()]
        command = [sys.executable, "-m", "virtspec.cli", "check", str(self.root / CLASSICS / f"{instance.model}.py")]
        for name, value in parameters:
            command += ["-p", f"{name}={value}"]
        for prop in (*model.properties, "fault", "deadlock"):
            command += ["--property", prop]
        command += ["--engine", "native", "--no-reduce", "--workers", str(self.workers)]
        return [*command, "--format", "json", "--no-traces", "--no-progress"]

    def read(self, ran: Ran) -> Found:
        if ran.code != 0:
            raise Failed(f"exit code {ran.code}: {_tail(ran.errors) or 'not everything holds'}")
        figures = json.loads(ran.output)["figures"]
        return Found(
            figures["states"],
            figures["transitions"],
            figures["depth"],
            search_seconds=figures["seconds"],
            compile_seconds=figures["compile_seconds"],
            bytes_per_state=figures["bytes_per_state"],
        )


# --- peers -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spin:
    """SPIN, depth first or breadth first, on one processor."""

    root: Path
    breadth_first: bool
    workers = 1
    tool = "spin"

    @property
    def name(self) -> str:
        return "spin-bfs" if self.breadth_first else "spin-dfs"

    def build(self, instance: Instance, folder: Path) -> list[Command]:
        define = [f"-D{name}={value}" for name, value in instance.constants.items()]
        options = ["-DSAFETY", "-DNOREDUCE", "-DNOCOMP", "-DNOBOUNDCHECK", "-DNOFAIR", f"-DMEMLIM={memory() >> 21}"]
        options += ["-DBFS"] if self.breadth_first else []
        return [
            ["spin", "-a", "-o1", *define, str(self.root / PEERS / f"{instance.model}.pml")],
            ["gcc", "-w", *optimize(instance), *options, "-o", "pan", "pan.c"],
        ]

    def search(self, instance: Instance) -> Command:
        states, deep = instance.expected, MODELS[instance.model].deep
        slots = f"-w{max(10, math.ceil(math.log2(states or 1_000_000)))}"
        stack = 5_000_000 if states is None else max(20_000, math.ceil(states * deep))
        return ["./pan", slots] if self.breadth_first else ["./pan", slots, f"-m{stack}"]

    def read(self, ran: Ran) -> Found:
        errors = _number(r"errors: (\d+)", ran)
        unfinished = re.search(r"max search depth too small|out of memory|Search not completed", ran.output)
        if ran.code != 0 or errors or unfinished:
            raise Failed(unfinished[0] if unfinished else f"{errors} errors, exit code {ran.code}")
        # SPIN counts the initial state as reached by a transition; the depth of its stack is no figure of the model.
        states, transitions = _number(r"^ *(\d+) states, stored", ran), _number(r"^ *(\d+) transitions", ran) - 1
        return Found(states, transitions, _number(r"depth reached (\d+)", ran) if self.breadth_first else None)


@dataclass(frozen=True)
class Rumur:
    """Rumur, breadth first."""

    root: Path
    workers: int
    tool = "rumur"

    @property
    def name(self) -> str:
        return f"rumur-{self.workers}"

    def build(self, instance: Instance, folder: Path) -> list[Command]:
        _fill(self.root / PEERS / f"{instance.model}.m", instance, folder / "model.m")
        options = ["--symmetry-reduction", "off", "--deadlock-detection", "stuck", "--pack-state", "off"]
        wide = ["-mcx16"] if platform.machine() == "x86_64" else []
        return [
            ["rumur", "--threads", str(self.workers), *options, "model.m", "-o", "model.c"],
            ["gcc", "-w", *optimize(instance), *wide, "-o", "model", "model.c", "-lpthread"],
        ]

    def search(self, instance: Instance) -> Command:
        return ["./model"]

    def read(self, ran: Ran) -> Found:
        if ran.code != 0 or "No error found." not in ran.output:
            raise Failed(f"exit code {ran.code}: {_tail(ran.output or ran.errors)}")
        return Found(_number(r"^\s*(\d+) states, ", ran), _number(r"states, (\d+) rules fired", ran))


@dataclass(frozen=True)
class Tlc:
    """TLC, breadth first. The start of its Java machine counts as search, for it tells whole seconds only."""

    root: Path
    workers: int
    jar: Path
    tool = "tlc"

    @property
    def name(self) -> str:
        return f"tlc-{self.workers}"

    def build(self, instance: Instance, folder: Path) -> list[Command]:
        shutil.copy(self.root / PEERS / f"{instance.model}.tla", folder)
        _fill(self.root / PEERS / f"{instance.model}.cfg", instance, folder / f"{instance.model}.cfg")
        return []

    def search(self, instance: Instance) -> Command:
        java = ["java", "-XX:+UseParallelGC", f"-Xmx{memory() >> 21}m", "-cp", str(self.jar), "tlc2.TLC"]
        return [*java, "-workers", str(self.workers), "-checkpoint", "0", "-metadir", "meta", instance.model]

    def read(self, ran: Ran) -> Found:
        if ran.code != 0 or "No error has been found." not in ran.output:
            raise Failed(f"exit code {ran.code}: {_tail(ran.output or ran.errors)}")
        # TLC counts the initial state as generated, and as a level.
        generated = _number(r"^(\d+) states generated, .* 0 states left", ran)
        states = _number(r"(\d+) distinct states found, 0 states left", ran)
        return Found(states, generated - 1, _number(r"state graph search is (\d+)", ran) - 1)


Checker: TypeAlias = Virtspec | Spin | Rumur | Tlc


def available(
    root: Path, peers: tuple[str, ...], workers: tuple[int, ...], jar: Path | None
) -> tuple[list[Checker], dict[str, str]]:
    """Virtspec and those of `peers` that this machine has; for each of the others why it is missing."""
    missing: dict[str, str] = {}
    checkers: list[Checker] = [Virtspec(root, n) for n in workers]
    for peer in peers:
        programs = ["java"] if peer == "tlc" else [peer, "gcc"]
        absent = [program for program in programs if shutil.which(program) is None]
        if absent:
            missing[peer] = f"not installed: {', '.join(absent)}"
        elif peer == "spin":
            checkers += [Spin(root, breadth_first=False), Spin(root, breadth_first=True)]
        elif peer == "rumur":
            checkers += [Rumur(root, n) for n in workers]
        elif jar is None:
            missing[peer] = "no jar is given: --tlc-jar PATH"
        else:
            checkers += [Tlc(root, n, jar) for n in workers]
    return checkers, missing


# --- what several have in common -------------------------------------------------------------------------------------


def memory() -> int:
    """The machine's memory in bytes. A peer may use half of it."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def optimize(instance: Instance) -> Command:
    """How gcc shall optimize: as much as pays, for building takes longer than searching up to 100,000 states."""
    states = instance.expected or math.inf
    return ["-O0"] if states < 10_000 else ["-O1"] if states < 100_000 else ["-O3", "-march=native"]


def _fill(template: Path, instance: Instance, target: Path) -> None:
    """Put the constants into a peer's text."""
    constants = {name: str(value) for name, value in instance.constants.items()}
    target.write_text(string.Template(template.read_text(encoding="utf-8")).substitute(constants), encoding="utf-8")


def _number(pattern: str, ran: Ran) -> int:
    """The number that `pattern` finds in a report; the last one, for some report what they have so far."""
    found = re.findall(pattern, ran.output, re.MULTILINE)
    if not found:
        raise Failed(f"exit code {ran.code}, no {pattern!r} in its report: {_tail(ran.errors or ran.output)}")
    return int(found[-1])


def _tail(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")[:200]
