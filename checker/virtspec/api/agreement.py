"""Checking the shipped mechanisms against what their manifests and histories say.

A configuration is a `Case` of the mechanism's history, which claims verdicts, often out of a commit message. Its
manifest holds what was measured last: verdicts, states, transitions, depth. Any disagreement between the two and the
run is reported; `update` writes what was measured, never what is claimed.

Slow configurations are left out unless they are asked for. They would not fit without reductions, so they are searched
with all of them, and their manifest says so; the others, without any, show it if a reduction is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from virtspec.api import lanes
from virtspec.api.checking import check, find
from virtspec.api.manifest import Figures, figures_of, updated
from virtspec.api.shipped import Case, Mechanism, catalog, judged_in, mechanism
from virtspec.errors import InputError, NothingChecked, VirtspecError

INTERRUPTED = "interrupted"
NO_ENTRY = "the manifest has no entry for it"


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
    names: Sequence[str] = (),
    *,
    slow: bool = False,
    jobs: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Result]:
    """Check every configuration of the named mechanisms (all of them if none is named), in a fixed order.

    Those that are `slow` are left out unless asked for. `jobs` worker processes share the work (default: one per CPU),
    as many threads search a slow one. Ctrl-C ends it with what is done; the rest has the error "interrupted". `progress`
    is called with the configuration just finished, how many are, and how many there are in all. Raises UsageError for an
    unknown mechanism, InputError for a malformed manifest, NothingChecked where there is no configuration to check.
    """
    chosen = _chosen(names)
    wanted = [(m, case) for m in chosen for case in m.cases if slow or not case.slow]
    if not wanted:
        what = ", ".join(m.name for m in chosen) or "no mechanism is installed"
        hint = "; those that are slow are checked with --slow" if any(m.cases for m in chosen) else ""
        raise NothingChecked(f"there is no configuration to check: {what}{hint}")
    quick, later = ([(m.name, case.name) for m, case in wanted if case.slow == which] for which in (False, True))
    found: dict[tuple[str, str], Result] = {}
    try:
        for result in lanes.results(_measure, quick, later, jobs or os.cpu_count() or 1):
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


def compared(name: str, config: str, workers: int | None = None) -> Result:
    """One configuration, slow or not, with up to `workers` threads (default: one per CPU), compared. Raises UsageError."""
    m = mechanism(name)
    return _judged(m, m.case(config), _measure((name, config), workers))


def _chosen(names: Sequence[str]) -> list[Mechanism]:
    return [mechanism(name) for name in dict.fromkeys(names)] if names else list(catalog().values())


def _measure(which: tuple[str, str], workers: int | None) -> Result:
    """Check one configuration; a malformed one is a result, too."""
    name, config = which
    case = mechanism(name).case(config)
    try:
        system = find(name).load(config)
        report = check(system, only=judged_in(case, system), reduce=None if case.slow else (), workers=workers)
    except VirtspecError as error:
        return Result(name, config, case.summary, Figures(), 0.0, error=str(error))
    if report.stopped == "interrupted":
        raise KeyboardInterrupt
    figures = replace(figures_of(report), reduced=case.slow)
    return Result(name, config, case.summary, figures, report.seconds)


# --- comparing -------------------------------------------------------------------------------------------------------


def _judged(m: Mechanism, case: Case, result: Result) -> Result:
    if result.error:
        return result
    return replace(result, disagreements=(*_against_manifest(m, result), *_against_claims(case, result)))


def _against_manifest(m: Mechanism, result: Result) -> Iterator[str]:
    entry = m.measured.get(result.config)
    if entry is None:
        yield f"{NO_ENTRY}; `virtspec corpus{' --slow' if result.figures.reduced else ''} --update` writes one"
        return
    if entry.get("reduced", False) != result.figures.reduced:
        now = "with" if result.figures.reduced else "without"
        yield f"it was searched {now} reductions, the manifest's figures were measured otherwise"
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


def left_out(results: Sequence[Result], names: Sequence[str] = ()) -> list[str]:
    """The configurations of the named mechanisms (of all if none is named) that are not among the results."""
    done = {r.name for r in results}
    return [name for m in _chosen(names) for case in m.cases if (name := f"{m.name}/{case.name}") not in done]


def unmatched(results: Sequence[Result], names: Sequence[str] = ()) -> dict[str, str]:
    """What is wrong with the manifests of the named mechanisms and no result tells: one line by `mechanism/entry`."""
    chosen = _chosen(names)
    cases = {f"{m.name}/{case.name}" for m in chosen for case in m.cases}
    entries = [f"{m.name}/{entry}" for m in chosen for entry in m.measured]
    stale = [name for name in entries if name not in cases]
    missing = [name for name in left_out(results, names) if name not in entries]
    return {
        **dict.fromkeys(stale, "the manifest has this entry, but there is no such configuration"),
        **dict.fromkeys(missing, f"{NO_ENTRY}; `virtspec corpus --slow --update` writes one"),
    }


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
        cases = [case.name for case in m.cases]
        text = updated(m.path, {name: mine.get(name) for name in cases})  # what was left out stays as it is
        changes += [f"{r.name}: {line}" for r in results if r.mechanism == m.name for line in _against_manifest(m, r)]
        changes += [f"{m.name}/{entry}: removed, no configuration" for entry in m.measured if entry not in cases]
        if text != m.path.read_text(encoding="utf-8"):
            m.path.write_text(text, encoding="utf-8")
    return changes
