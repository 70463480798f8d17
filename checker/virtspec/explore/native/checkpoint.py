"""Searches that survive: what is known at the beginning of a level, on disk, and taken up again from there.

A checkpoint is a directory. `states-K-of-N.bin` holds the states that worker K found, in the order found, as
little-endian words of 64 bits. `checkpoint.json` says how many of them count, and everything else. It is replaced in one
go when the states are safely on disk, so that there is always a whole checkpoint, whenever the machine dies. States are
only ever added, so a checkpoint costs as much as there is new. What follows the states that count is of no account.

Only whole levels count: a search that stops within one goes on from where the level began, with the counts of then, so
that in the end every figure is the one of a search that never stopped.

This module knows the format and reads it; `keeper` writes it and resumes.
"""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from virtspec.errors import InputError
from virtspec.explore.native.module import Module
from virtspec.explore.native.search import Found, Search
from virtspec.ir.system import System

SCHEMA = "virtspec/checkpoint/v1"
NAME = "checkpoint.json"
WORD = np.dtype("<u8")
CHUNK = 1 << 20
"""Bytes read in one go."""


# --- whose states they are -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Identity:
    """What two searches must agree on for one to go on where the other ended."""

    version: str
    system: str
    config: dict[str, str]
    fingerprint: str
    properties: list[str]
    """Ids of what is judged, `fault` and `deadlock` included."""
    code: str
    """A digest of what is searched in the end: of the reduced system, its layout and the code generated for it."""

    def __str__(self) -> str:
        params = ", ".join(f"{name}={value}" for name, value in self.config.items())
        return self.system + (f" ({params})" if params else "")


def identity(system: System, module: Module, properties: list[str]) -> Identity:
    """Who a search over `module`, made of `system`, is."""
    from virtspec import __version__

    layout = module.layout
    made = f"{layout.system.fingerprint} {layout.words} {layout.nodes}\n{module.text}"
    code = hashlib.sha256(made.encode()).hexdigest()[:16]
    return Identity(__version__, system.name, dict(system.config), system.fingerprint, sorted(properties), code)


def difference(there: Identity, here: Identity) -> str | None:
    """Why the states of one are none of the other, and what to do; None if they are."""
    if there.version != here.version:
        return (
            f"was written by virtspec {there.version}, this is {here.version}: resume with that version or begin anew"
        )
    if there.fingerprint != here.fingerprint:
        return (
            "was made from another specification or configuration: "
            f"{there} with fingerprint {there.fingerprint} there, {here} with fingerprint {here.fingerprint} here"
        )
    if there.properties != here.properties:
        return (
            f"is of a search that judges {', '.join(there.properties)}; "
            f"this one judges {', '.join(here.properties)}: name the same with --property"
        )
    if there.code != here.code:
        return (
            f"is of the same specification, but reduced or compiled in another way (code {there.code} there, "
            f"{here.code} here): give the options of then, or begin anew"
        )
    return None


# --- what is known ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Boundary:
    """What a search knows when it has judged the states of a level and expanded none of them."""

    levels: list[list[int]]
    """For each level, how many states each worker had found when it began."""
    states: list[int]
    """How many each worker has found."""
    counts: list[int]
    """Steps taken, by action."""
    masks: dict[int, Found]
    events: dict[int, Found]
    seconds: float

    @classmethod
    def of(cls, search: Search) -> Boundary:
        states = [part.states for part in search.visited.parts]
        seconds = search.before + time.monotonic() - search.started
        return cls(list(search.levels), states, search.counts, dict(search.masks), dict(search.events), seconds)


@dataclass(frozen=True)
class Saved:
    """A checkpoint on disk. `sums` holds a CRC-32 of the states of each file."""

    folder: Path
    identity: Identity
    words: int
    boundary: Boundary
    sums: list[int]

    @property
    def file(self) -> Path:
        return self.folder / NAME

    def states_of(self, worker: int) -> Path:
        return states_file(self.folder, worker, len(self.sums))

    def text(self) -> str:
        """What `checkpoint.json` holds."""
        found = self.boundary
        workers = [{"states": n, "crc32": s} for n, s in zip(found.states, self.sums, strict=True)]
        return json.dumps(
            {
                "schema": SCHEMA,
                **vars(self.identity),
                "words": self.words,
                "seconds": round(found.seconds, 3),
                "workers": workers,
                "levels": found.levels,
                "counts": found.counts,
                "masks": {str(bit): {"level": f.level, "words": f.words} for bit, f in found.masks.items()},
                "events": {str(bit): {"level": f.level, "words": f.words} for bit, f in found.events.items()},
            }
        )


def states_file(folder: Path, worker: int, workers: int) -> Path:
    """Other numbers of workers have other files, so that those of the checkpoint before are left alone."""
    return folder / f"states-{worker}-of-{workers}.bin"


# --- reading ---------------------------------------------------------------------------------------------------------


class Malformed(Exception):
    """Says what is wrong inside `checkpoint.json`."""


def read(folder: Path) -> Saved:
    """The checkpoint in a directory. Raises InputError if there is none, or none that this version can read."""
    path = folder / NAME
    try:
        doc = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{folder} holds no checkpoint (no {NAME}); name a directory that --checkpoint wrote"
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}; the file has been altered: begin anew") from None
    schema = doc.get("schema") if isinstance(doc, dict) else None
    if schema != SCHEMA:
        raise InputError(f"{path} has the schema {schema!r}; this version of virtspec reads {SCHEMA!r}: begin anew")
    try:
        return _saved(folder, doc)
    except Malformed as error:
        raise InputError(f"{path}: {error}; the file has been altered: begin anew") from None


def _saved(folder: Path, doc: dict[str, Any]) -> Saved:
    texts = {key: _get(doc, key, str) for key in ("version", "system", "fingerprint", "code")}
    config, properties = _get(doc, "config", dict), _get(doc, "properties", list)
    if not all(isinstance(x, str) for x in (*properties, *config.values())):
        raise Malformed("'config' or 'properties' holds what is no text")
    workers, words = _get(doc, "workers", list), _get(doc, "words", int)
    states = [_get(worker, "states", int) for worker in workers]
    levels = [_numbers(level, len(states), "levels") for level in _get(doc, "levels", list)]
    bounds = [*levels, states]
    sizes = [[b - a for a, b in zip(x, y, strict=True)] for x, y in pairwise(bounds)]
    if not workers or not levels or any(levels[0]) or words < 1 or any(min(s) < 0 or not any(s) for s in sizes):
        raise Malformed("'levels' and 'workers' do not fit")
    masks, events = (_found(_get(doc, key, dict), len(levels), words) for key in ("masks", "events"))
    counts = _numbers(_get(doc, "counts", list), None, "counts")
    seconds = _get(doc, "seconds", (int, float))
    sums = [_get(worker, "crc32", int) for worker in workers]
    who = Identity(config=config, properties=properties, **texts)
    return Saved(folder, who, words, Boundary(levels, states, counts, masks, events, float(seconds)), sums)


def _get(doc: Any, key: str, kind: Any) -> Any:
    found = doc.get(key) if isinstance(doc, dict) else None
    if not isinstance(found, kind) or isinstance(found, bool):
        raise Malformed(f"{key!r} is missing or malformed")
    return found


def _numbers(found: Any, length: int | None, key: str) -> list[int]:
    whole = isinstance(found, list) and all(isinstance(n, int) and 0 <= n < 1 << 64 for n in found)
    if not whole or length not in (None, len(found)):
        raise Malformed(f"{key!r} is malformed")
    return list(found)


def _found(doc: dict[str, Any], levels: int, words: int) -> dict[int, Found]:
    found: dict[int, Found] = {}
    for bit, one in doc.items():
        level = _get(one, "level", int)
        if not (bit.isascii() and bit.isdecimal() and int(bit) < 64 and 0 <= level < levels):
            raise Malformed(f"what was found, {bit!r}, is malformed")
        found[int(bit)] = Found(level, tuple(_numbers(_get(one, "words", list), words, "words")))
    return found


def verify(saved: Saved) -> None:
    """Whether every file holds the states that it should. Raises InputError."""
    for number, (states, wanted) in enumerate(zip(saved.boundary.states, saved.sums, strict=True)):
        path, left, found = saved.states_of(number), states * saved.words * 8, 0
        try:
            with path.open("rb") as file:
                while left and (part := file.read(min(left, CHUNK))):
                    left, found = left - len(part), zlib.crc32(part, found)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}; begin anew") from None
        if left:
            raise InputError(f"{path} is too short for the {states} states that {NAME} counts: begin anew")
        if found != wanted:
            raise InputError(f"{path} does not hold the states that {NAME} counts: it has been altered, begin anew")
