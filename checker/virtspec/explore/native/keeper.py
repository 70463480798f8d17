"""Begins a search where a checkpoint says, and writes checkpoints while it runs; their format is in `checkpoint`.

Whatever the disk does while a search runs, the search goes on; only what is wrong before it begins is refused.
"""

from __future__ import annotations

import fcntl
import os
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from virtspec.errors import InputError, UsageError
from virtspec.explore.native.checkpoint import (
    CHUNK,
    NAME,
    WORD,
    Boundary,
    Identity,
    Saved,
    difference,
    read,
    states_file,
    verify,
)
from virtspec.explore.native.search import Bits, Found, Search
from virtspec.explore.native.visited import Part

EVERY = 60.0
"""Seconds between two checkpoints, if nobody says otherwise."""

Warn = Callable[[str], None]


# --- resuming --------------------------------------------------------------------------------------------------------


def restore(search: Search, saved: Saved) -> None:
    """Put a search that has not begun where the checkpoint was made; the number of its workers may be another.

    Raises InputError for files that do not hold what they should, UsageError if the states need too much memory.
    """
    verify(saved)
    known = saved.boundary
    fits = len(known.counts) == len(search.workers[0].counts) and saved.words == search.visited.words
    for wanted, found in ((search.wanted.masks, known.masks), (search.wanted.events, known.events)):
        fits = fits and all(wanted.open >> bit & 1 for bit in found)
    if not fits:
        raise InputError(f"{saved.file} is not of this search, although it says so; it has been altered: begin anew")
    _fill(search, saved)
    search.workers[0].counts[:] = known.counts
    search.before, search.started = known.seconds, time.monotonic()  # a time limit is for searching, not for reading
    _take_over(search.masks, search.wanted.masks, known.masks)
    _take_over(search.events, search.wanted.events, known.events)


def _take_over(found: dict[int, Found], wanted: Bits, known: dict[int, Found]) -> None:
    found.update(known)
    for bit in known:
        wanted.open &= ~(1 << bit)


def _fill(search: Search, saved: Saved) -> None:
    """Add all states, level by level; each worker has found what is in the files whose numbers lead to it."""
    parts, words = search.visited.parts, saved.words
    most = max(CHUNK // (words * 8), 1)
    files = [saved.states_of(k).open("rb") for k in range(len(saved.sums))]
    try:
        for start, stop in pairwise([*saved.boundary.levels, saved.boundary.states]):
            search.levels.append([part.states for part in parts])
            for k, file in enumerate(files):
                for at in range(start[k], stop[k], most):
                    n = min(stop[k] - at, most)
                    states = np.fromfile(file, WORD, n * words).astype(np.uint64, copy=False)
                    if len(states) < n * words:
                        raise InputError(f"{file.name} has become shorter while it was read")
                    if (
                        not search.visited.add(parts[k % len(parts)], states, n, search.each_part)
                        or search.visited.bytes > search.memory
                    ):
                        total = sum(saved.boundary.states)
                        why = f"{search.out_of_memory()} while reading {total} states; raise --memory"
                        raise UsageError(f"{saved.folder}: {why}")
    finally:
        for file in files:
            file.close()
    if search.states != sum(saved.boundary.states):
        raise InputError(f"{saved.folder} holds states twice: begin anew")


# --- writing ---------------------------------------------------------------------------------------------------------


@dataclass
class Writer:
    """Writes the checkpoints of one search into a directory that it has for itself until `close`."""

    folder: Path
    identity: Identity
    every: float
    warn: Warn
    handle: int
    """The directory, locked."""
    seen: Boundary | None = None
    """The last boundary, not yet on disk perhaps."""
    due: float = 0.0
    failed: bool = False
    done: list[int] = field(default_factory=list)
    """States on disk, by worker."""
    sums: list[int] = field(default_factory=list)

    def boundary(self, search: Search) -> None:
        """At the beginning of a level: remember it, and write it if it is time."""
        self.seen = Boundary.of(search)
        if time.monotonic() >= self.due:
            self.write(search)
            self.due = time.monotonic() + self.every

    def write(self, search: Search) -> None:
        """Make the last boundary the checkpoint. What the disk refuses is told once, then no more are made."""
        if self.seen is None or self.failed:
            return
        self.done = self.done or [0] * len(search.workers)
        self.sums = self.sums or [0] * len(search.workers)
        try:
            for part in search.visited.parts:
                self._add(part, self.seen.states[part.number])
            self._replace(Saved(self.folder, self.identity, search.visited.words, self.seen, self.sums))
        except OSError as error:
            self.failed = True
            self.warn(
                f"{self.folder}: the checkpoint cannot be written: {error.strerror or error}; "
                "the search goes on without, the last checkpoint stays as it is"
            )

    def _add(self, part: Part, states: int) -> None:
        """Put the new states behind those that are on disk, in place of what a run that was cut short has left there."""
        first = self.done[part.number]
        path = states_file(self.folder, part.number, len(self.done))
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(first * part.words * 8)
            file.seek(0, os.SEEK_END)
            total = self.sums[part.number]
            step = CHUNK // 8
            for at in range(first * part.words, states * part.words, step):
                new = part.arena[at : min(at + step, states * part.words)]
                chunk = new.astype(WORD, copy=False).data.cast("B")
                file.write(chunk)
                total = zlib.crc32(chunk, total)
            file.flush()
            os.fsync(file.fileno())
        self.done[part.number], self.sums[part.number] = states, total

    def _replace(self, saved: Saved) -> None:
        fresh = self.folder / f"{NAME}.new"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(saved.text())
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, saved.file)
        os.fsync(self.handle)
        kept = {saved.states_of(k) for k in range(len(saved.sums))}
        for path in self.folder.glob("states-*-of-*.bin"):
            if path not in kept:
                with suppress(OSError):
                    path.unlink()

    def close(self) -> None:
        os.close(self.handle)


def writer(folder: Path, who: Identity, every: float, warn: Warn, resumed: Saved | None, workers: int) -> Writer:
    """A writer into `folder`. Raises UsageError if that cannot be used, or holds a checkpoint that is not `resumed`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise UsageError(f"--checkpoint {folder} cannot be used: {error.strerror}; name another directory") from None
    made = Writer(folder, who, every, warn, handle)
    try:
        _lock(made)
        if resumed is not None and resumed.folder.samefile(folder):
            if len(resumed.sums) == workers:
                made.done, made.sums = list(resumed.boundary.states), list(resumed.sums)
        elif (folder / NAME).exists():
            raise UsageError(f"--checkpoint {folder}: {_occupied(folder, who)}")
    except UsageError:
        made.close()
        raise
    return made


def _lock(made: Writer) -> None:
    try:
        fcntl.flock(made.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = f"--checkpoint {made.folder}: another run is writing its checkpoints there; name another directory"
        raise UsageError(text) from None
    except OSError:
        pass  # a file system without locks


def _occupied(folder: Path, who: Identity) -> str:
    """Why a checkpoint in the way is not overwritten."""
    with suppress(InputError):
        if difference(read(folder).identity, who) is None:
            return (
                "there is a checkpoint of this search already; "
                f"go on from it with --resume {folder} --checkpoint {folder}, or remove the directory"
            )
    return "there is a checkpoint of another system or search; name another directory, or remove this one"


# --- both ------------------------------------------------------------------------------------------------------------


@contextmanager
def keeping(
    search: Search,
    who: Identity,
    *,
    checkpoint: Path | None = None,
    every: float = EVERY,
    resume: Path | None = None,
    warn: Warn = warnings.warn,
) -> Iterator[None]:
    """Around `search.run`: begin where `resume` says, write checkpoints to `checkpoint`.

    One is made at the beginning of the search, then at the beginning of a level whenever `every` seconds have gone by,
    and when the search stops before everything is seen. Raises InputError for what cannot be resumed, UsageError for a
    directory that must not be written to; what fails later is told by `warn`, and the search goes on.
    """
    saved = None if resume is None else read(resume)
    if saved is not None and (why := difference(saved.identity, who)):
        raise InputError(f"{saved.file} {why}")
    made = None if checkpoint is None else writer(checkpoint, who, every, warn, saved, len(search.workers))
    try:
        if saved is not None:
            restore(search, saved)
        if made is not None:
            search.boundary = made.boundary
        yield
        if made is not None and search.stopped:
            made.write(search)
    finally:
        if made is not None:
            made.close()
