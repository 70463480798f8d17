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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from virtspec.bench.instances import CLASSICS, MODELS, PEERS, Instance
from virtspec.bench.processes import Ran

OURS = "virtspec"
PEER_TOOLS = ("spin", "rumur", "tlc")
HOLDS, VIOLATED = "holds", "violated"

Command: TypeAlias = list[str]


class Failed(Exception):
    """A checker gave no complete verdict that everything holds; the text says what it gave instead."""


class OutOfTime(Failed):
    """It was not done in time."""


@dataclass(frozen=True)
class Found:
    """What a checker says of its search. None: it does not tell."""

    states: int | None
    transitions: int | None
    depth: int | None = None
    search_seconds: float | None = None
    compile_seconds: float | None = None
    bytes_per_state: float | None = None
    verdict: str = HOLDS
    product_states: int | None = None
    """States of the model and of a claim's automaton side by side, where the checker counts these."""


class Checker(Protocol):
    """A checker with its settings. `tool` is the program, `name` tells its variants apart."""

    @property
    def name(self) -> str: ...
    @property
    def tool(self) -> str: ...
    @property
    def workers(self) -> int: ...

    def build(self, instance: Instance, folder: Path) -> list[Command]:
        """Write into an empty folder what the search needs; the commands that build the verifier there."""

    def search(self, instance: Instance) -> Command:
        """The command that searches, in the folder."""

    def read(self, ran: Ran) -> Found:
        """What it found. Raises Failed for a report that is not one of a complete search."""


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
        path = self.root / CLASSICS / f"{instance.model}.py"
        return self.check(path, instance, model.fixed, (*model.properties, "fault", "deadlock"))

    def check(self, path: Path, instance: Instance, more: Mapping[str, str], properties: Sequence[str]) -> Command:
        """The command that judges `properties` of a specification, with `more` parameters than the instance has."""
        command = [sys.executable, "-m", "virtspec.cli", "check", str(path)]
        for name, value in [*instance.parameters, *more.items()]:
            command += ["-p", f"{name}={value}"]
        for prop in properties:
            command += ["--property", prop]
        command += ["--engine", "native", "--no-reduce", "--workers", str(self.workers)]
        return [*command, "--format", "json", "--no-traces", "--no-progress"]

    def read(self, ran: Ran) -> Found:
        if ran.code != 0:
            raise Failed(f"exit code {ran.code}: {last_line(ran.errors) or 'not everything holds'}")
        return figures(json.loads(ran.output))


def figures(report: Mapping[str, Any]) -> Found:
    """What one of our reports says of the search; everything holds."""
    given = report["figures"]
    return Found(
        given["states"],
        given["transitions"],
        given["depth"],
        search_seconds=given["seconds"],
        compile_seconds=given["compile_seconds"],
        bytes_per_state=given["bytes_per_state"],
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
        errors = number(r"errors: (\d+)", ran)
        unfinished = re.search(r"max search depth too small|out of memory|Search not completed", ran.output)
        if ran.code != 0 or errors or unfinished:
            raise Failed(unfinished[0] if unfinished else f"{errors} errors, exit code {ran.code}")
        # SPIN counts the initial state as reached by a transition; the depth of its stack is no figure of the model.
        states, transitions = number(r"^ *(\d+) states, stored", ran), number(r"^ *(\d+) transitions", ran) - 1
        return Found(states, transitions, number(r"depth reached (\d+)", ran) if self.breadth_first else None)


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
        fill(self.root / PEERS / f"{instance.model}.m", instance, folder / "model.m")
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
            raise Failed(f"exit code {ran.code}: {last_line(ran.output or ran.errors)}")
        return Found(number(r"^\s*(\d+) states, ", ran), number(r"states, (\d+) rules fired", ran))


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
        fill(self.root / PEERS / f"{instance.model}.cfg", instance, folder / f"{instance.model}.cfg")
        return []

    def search(self, instance: Instance) -> Command:
        return self.run_on(instance.model)

    def run_on(self, module: str, *options: str) -> Command:
        """The command that searches a module, with more options than all searches have."""
        java = ["java", "-XX:+UseParallelGC", f"-Xmx{memory() >> 21}m", "-cp", str(self.jar), "tlc2.TLC"]
        return [*java, "-workers", str(self.workers), "-checkpoint", "0", *options, "-metadir", "meta", module]

    def read(self, ran: Ran) -> Found:
        if ran.code != 0 or "No error has been found." not in ran.output:
            raise Failed(f"exit code {ran.code}: {last_line(ran.output or ran.errors)}")
        # TLC counts the initial state as a level.
        return replace(self.counted(ran), depth=number(r"state graph search is (\d+)", ran) - 1)

    def counted(self, ran: Ran) -> Found:
        """The states and the transitions. Raises Failed if the report is not of a complete search."""
        # TLC counts the initial state as generated.
        generated = number(r"^(\d+) states generated, .* 0 states left", ran)
        return Found(number(r"(\d+) distinct states found, 0 states left", ran), generated - 1)


def available(
    root: Path, peers: tuple[str, ...], workers: tuple[int, ...], jar: Path | None
) -> tuple[list[Checker], dict[str, str]]:
    """Virtspec and those of `peers` that this machine has; for each of the others why it is missing."""
    missing = absent(peers, jar)
    checkers: list[Checker] = [Virtspec(root, n) for n in workers]
    for peer in peers:
        if peer in missing:
            continue
        if peer == "spin":
            checkers += [Spin(root, breadth_first=False), Spin(root, breadth_first=True)]
        elif peer == "rumur":
            checkers += [Rumur(root, n) for n in workers]
        elif jar is not None:
            checkers += [Tlc(root, n, jar) for n in workers]
    return checkers, missing


def absent(peers: Sequence[str], jar: Path | None) -> dict[str, str]:
    """For each of `peers` that this machine lacks, why."""
    missing: dict[str, str] = {}
    for peer in peers:
        programs = ["java"] if peer == "tlc" else [peer, "gcc"]
        lacking = [program for program in programs if shutil.which(program) is None]
        if lacking:
            missing[peer] = f"not installed: {', '.join(lacking)}"
        elif peer == "tlc" and jar is None:
            missing[peer] = "no jar is given: --tlc-jar PATH"
    return missing


# --- what several have in common -------------------------------------------------------------------------------------


def memory() -> int:
    """The machine's memory in bytes. A peer may use half of it."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def optimize(instance: Instance) -> Command:
    """How gcc shall optimize: as much as pays, for building takes longer than searching up to 100,000 states."""
    states = instance.expected or math.inf
    return ["-O0"] if states < 10_000 else ["-O1"] if states < 100_000 else ["-O3", "-march=native"]


def fill(template: Path, instance: Instance, target: Path) -> None:
    """Put the constants into a peer's text."""
    constants = {name: str(value) for name, value in instance.constants.items()}
    target.write_text(string.Template(template.read_text(encoding="utf-8")).substitute(constants), encoding="utf-8")


def number(pattern: str, ran: Ran) -> int:
    """The number that `pattern` finds in a report; the last one, for some report what they have so far. Raises Failed."""
    found = re.findall(pattern, ran.output, re.MULTILINE)
    if not found:
        raise Failed(f"exit code {ran.code}, no {pattern!r} in its report: {last_line(ran.errors or ran.output)}")
    return int(found[-1])


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")[:200]
