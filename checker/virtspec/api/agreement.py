"""Checking the shipped mechanisms against what their manifests and histories say.

A configuration is a `Case` of the mechanism's history, which claims verdicts, often out of a commit message. Its
manifest holds what was measured last: verdicts, states, transitions, depth. Any disagreement between the two and the
run is reported; `update` writes what was measured, never what is claimed.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from virtspec.api.checking import check, find
from virtspec.api.manifest import Figures, figures_of, updated
from virtspec.api.shipped import Case, Mechanism, catalog, mechanism
from virtspec.errors import InputError, NothingChecked, VirtspecError

INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Result:
    """One configuration: what was measured, and every way in which it is not as expected, one line each."""

    mechanism: str
    config: str
    summary: str
    figures: Figures
    seconds: float
    error: str = ""
    """Why it could not be checked at all; `figures` is empty then."""
    disagreements: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.mechanism}/{self.config}"

    @property
    def agrees(self) -> bool:
        return not self.error and not self.disagreements


def corpus(
    names: Sequence[str] = (), *, jobs: int | None = None, progress: Callable[[str, int, int], None] | None = None
) -> list[Result]:
    """Check every configuration of the named mechanisms (all of them if none is named), in a fixed order.

    `jobs` worker processes share the work (default: one per CPU). Ctrl-C ends it with what is done; the rest has the
    error "interrupted". `progress` is called with the configuration just
    finished, how many are, and how many there are in all. Raises UsageError for an unknown mechanism, InputError for a
    malformed manifest, NothingChecked where there is no configuration to check.
    """
    chosen = [mechanism(name) for name in dict.fromkeys(names)] if names else list(catalog().values())
    wanted = [(m, case) for m in chosen for case in m.cases]
    if not wanted:
        what = ", ".join(m.name for m in chosen) or "no mechanism is installed"
        raise NothingChecked(f"there is no configuration to check: {what}")
    found: dict[tuple[str, str], Result] = {}
    try:
        for result in _results(wanted, min(jobs or os.cpu_count() or 1, len(wanted))):
            found[result.mechanism, result.config] = result
            if progress is not None:
                progress(result.name, len(found), len(wanted))
    except KeyboardInterrupt:
        pass  # what is missing says so
    return [
        _judged(m, case, found[m.name, case.name])
        if (m.name, case.name) in found
        else Result(m.name, case.name, case.summary, Figures(), 0.0, error=INTERRUPTED)
        for m, case in wanted
    ]


def _results(wanted: Sequence[tuple[Mechanism, Case]], jobs: int) -> Iterator[Result]:
    """The results in the order they are ready."""
    if jobs == 1:
        for m, case in wanted:
            yield _measure(m.name, case.name)
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed  # slow to import

    # Ctrl-C reaches every process of the terminal: a worker is to die of it in silence.
    pool = ProcessPoolExecutor(jobs, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_DFL))
    try:
        for future in as_completed([pool.submit(_measure, m.name, case.name) for m, case in wanted]):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _measure(name: str, config: str) -> Result:
    """Check one configuration; a malformed one is a result, too."""
    case = mechanism(name).case(config)
    try:
        report = check(find(name).load(config), reduce=(), workers=1)  # configurations run side by side
    except VirtspecError as error:
        return Result(name, config, case.summary, Figures(), 0.0, error=str(error))
    if report.stopped == "interrupted":
        raise KeyboardInterrupt
    return Result(name, config, case.summary, figures_of(report), report.seconds)


# --- comparing -------------------------------------------------------------------------------------------------------


def _judged(m: Mechanism, case: Case, result: Result) -> Result:
    if result.error:
        return result
    return replace(result, disagreements=(*_against_manifest(m, result), *_against_claims(case, result)))


def _against_manifest(m: Mechanism, result: Result) -> Iterator[str]:
    entry = m.measured.get(result.config)
    if entry is None:
        yield "the manifest has no entry for it; `virtspec corpus --update` writes one"
        return
    for key in ("states", "transitions", "depth"):
        if entry.get(key) != getattr(result.figures, key):
            yield f"{key}: the manifest says {entry.get(key, 'nothing')}, found {getattr(result.figures, key)}"
    for key, measured, about in (("verdicts", result.figures.verdicts, ""), ("spent", result.figures.spent, " spends")):
        expected = entry.get(key, {})
        for prop in dict.fromkeys([*expected, *measured]):
            was, now = expected.get(prop, "nothing"), measured.get(prop, "no such property")
            if was != now:
                yield f"{prop}{about}: the manifest says {was}, found {now}"


def _against_claims(case: Case, result: Result) -> Iterator[str]:
    """A claim may leave out the number of steps; of what it does not mention it claims that it holds or is reached."""
    for prop in dict.fromkeys([*case.expect, *result.figures.verdicts]):
        now = result.figures.verdicts.get(prop, "no such property")
        claimed = case.expect.get(prop)
        if claimed is None and now.split()[0] in ("holds", "reached"):
            continue
        if now not in (claimed, f"{claimed} {now.partition(' ')[2]}"):
            origin = f" ({case.origin})" if case.origin else ""
            yield f"{prop}: the history claims {claimed or 'no violation'}{origin}, found {now}"


def judged(results: Sequence[Result]) -> list[Result]:
    """The results compared anew with manifests that may have been written since."""
    shipped = {name: mechanism(name) for name in dict.fromkeys(r.mechanism for r in results)}
    return [_judged(shipped[r.mechanism], shipped[r.mechanism].case(r.config), r) for r in results]


def stale(results: Sequence[Result]) -> list[str]:
    """Manifest entries of the mechanisms in `results` that no configuration stands for, as `mechanism/entry`."""
    known = {r.name for r in results}
    shipped = [mechanism(name) for name in dict.fromkeys(r.mechanism for r in results)]
    return [f"{m.name}/{entry}" for m in shipped for entry in m.measured if f"{m.name}/{entry}" not in known]


def record(results: Sequence[Result]) -> list[str]:
    """Write what was measured into the manifests; what that changed, one line each.

    Claims of the history are left alone. Raises InputError, before anything is written, for a configuration that could
    not be checked or whose verdicts are undetermined: neither is anything to expect.
    """
    for r in results:
        if r.error or "undetermined" in r.figures.verdicts.values():
            raise InputError(f"{r.name} was not fully checked; nothing has been written")
    changes = []
    for m in (mechanism(name) for name in dict.fromkeys(r.mechanism for r in results)):
        mine = {r.config: r.figures for r in results if r.mechanism == m.name}
        text = updated(m.path, mine)
        changes += [f"{r.name}: {line}" for r in results if r.mechanism == m.name for line in _against_manifest(m, r)]
        changes += [f"{m.name}/{entry}: removed, no configuration" for entry in m.measured if entry not in mine]
        if text != m.path.read_text(encoding="utf-8"):
            m.path.write_text(text, encoding="utf-8")
    return changes
