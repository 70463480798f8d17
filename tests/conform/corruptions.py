"""Corrupted copies of a trace: what did not happen, or not so, made mechanically, each with the line it concerns."""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVENT = re.compile(r"^(\s*\S.*?-\d+\s+\[\d+\]\s+\S+\s+)([\d.]+)(: (\w+): .*)$")


@dataclass(frozen=True)
class Corrupted:
    """A log with one thing wrong."""

    what: str
    line: int
    """Where: a follower cannot know before it comes there."""
    lines: tuple[str, ...]

    def write(self, path: Path) -> Path:
        path.write_text("\n".join(self.lines) + "\n")
        return path


@dataclass(frozen=True)
class Line:
    """An event of a trace, taken apart."""

    number: int
    """From 0."""
    head: str
    stamp: str
    rest: str
    name: str

    @property
    def thread(self) -> str:
        return self.head.split("[")[0].strip()

    @property
    def text(self) -> str:
        return f"{self.head}{self.stamp}{self.rest}"

    def at(self, stamp: str) -> str:
        """The same event at another time."""
        return f"{self.head}{stamp}{self.rest}"


def read(path: Path) -> list[str]:
    with gzip.open(path, "rt") as file:
        return file.read().splitlines()


def events(lines: Sequence[str], names: Collection[str]) -> list[Line]:
    """The events with one of these names."""
    found = []
    for number, text in enumerate(lines):
        match = _EVENT.match(text)
        if match is not None and match[4] in names:
            found.append(Line(number, match[1], match[2], match[3], match[4]))
    return found


def without(lines: Sequence[str], numbers: Collection[int]) -> tuple[str, ...]:
    return tuple(text for number, text in enumerate(lines) if number not in numbers)


def replaced(lines: Sequence[str], new: dict[int, str]) -> tuple[str, ...]:
    return tuple(new.get(number, text) for number, text in enumerate(lines))


# --- kinds -----------------------------------------------------------------------------------------------------------


def dropped(lines: Sequence[str], chosen: Sequence[Line], draw: random.Random) -> Iterator[Corrupted]:
    """One event is missing."""
    for e in draw.sample(chosen, len(chosen)):
        yield Corrupted(f"{e.name} dropped", e.number + 1, without(lines, {e.number}))


INTERRUPTS = ("irq", "complete")
"""Events that a thread does not log of its own."""


def swapped(lines: Sequence[str], chosen: Sequence[Line], draw: random.Random) -> Iterator[Corrupted]:
    """Two events of a thread, one behind the other, the wrong way round."""
    pairs = []
    own = [e for e in chosen if e.name not in INTERRUPTS]
    for i, e in enumerate(own):
        other = next((f for f in own[i + 1 :] if f.thread == e.thread), None)
        if other is not None and other.rest != e.rest:
            pairs.append((e, other))
    for e, f in draw.sample(pairs, len(pairs)):
        new = {e.number: f.at(e.stamp), f.number: e.at(f.stamp)}
        yield Corrupted(f"{e.name} and {f.name} swapped", e.number + 1, replaced(lines, new))


def flipped(lines: Sequence[str], chosen: Sequence[Line], draw: random.Random) -> Iterator[Corrupted]:
    """A return value is another one."""
    for e in draw.sample(chosen, len(chosen)):
        match = re.search(r"\b(ret|ok)=(-?\d+)", e.rest)
        if match is not None:
            value = "1" if match[2] == "0" else "0"
            rest = e.rest[: match.start(2)] + value + e.rest[match.end(2) :]
            new = {e.number: f"{e.head}{e.stamp}{rest}"}
            yield Corrupted(f"{e.name} {match[1]}={match[2]} becomes {value}", e.number + 1, replaced(lines, new))


def changed(field: str) -> Callable[[Sequence[str], Sequence[Line], random.Random], Iterator[Corrupted]]:
    """A number is one more."""

    def change(lines: Sequence[str], chosen: Sequence[Line], draw: random.Random) -> Iterator[Corrupted]:
        for e in draw.sample(chosen, len(chosen)):
            match = re.search(rf"\b{field}=(\d+)", e.rest)
            if match is not None:
                rest = e.rest[: match.start(1)] + str(int(match[1]) + 1) + e.rest[match.end(1) :]
                new = {e.number: f"{e.head}{e.stamp}{rest}"}
                yield Corrupted(f"{e.name} {field}={match[1]} one more", e.number + 1, replaced(lines, new))

    return change


def calls_dropped(
    first: str, last: str
) -> Callable[[Sequence[str], Sequence[Line], random.Random], Iterator[Corrupted]]:
    """A whole call is missing: `first`, `last`, and what the thread logs in between."""

    def drop(lines: Sequence[str], chosen: Sequence[Line], draw: random.Random) -> Iterator[Corrupted]:
        begins = [i for i, e in enumerate(chosen) if e.name == first]
        for i in draw.sample(begins, len(begins)):
            thread = [e for e in chosen[i:] if e.thread == chosen[i].thread]
            end = next((n for n, e in enumerate(thread) if e.name == last), None)
            if end is not None:
                gone = {e.number for e in thread[: end + 1]}
                yield Corrupted(f"a call {first} ... {last} dropped", chosen[i].number + 1, without(lines, gone))

    return drop


def repeated(name: str, later: int) -> Callable[[Sequence[str], Sequence[Line], random.Random], Iterator[Corrupted]]:
    """An event comes again, so many events later: after the object is gone."""

    def repeat(lines: Sequence[str], chosen: Sequence[Line], draw: random.Random) -> Iterator[Corrupted]:
        places = [i for i, e in enumerate(chosen) if e.name == name and i + later < len(chosen)]
        for i in draw.sample(places, len(places)):
            e, behind = chosen[i], chosen[i + later]
            new = {behind.number: behind.text + "\n" + e.at(behind.stamp)}
            text = "\n".join(replaced(lines, new)).split("\n")
            yield Corrupted(f"{name} of line {e.number + 1} again", behind.number + 2, tuple(text))

    return repeat
