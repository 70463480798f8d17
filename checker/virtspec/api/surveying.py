"""Checking every configuration of a shipped mechanism, to see beside each other what each of them does.

Nothing is compared with what history claims; that is `agreement`. Here a violation is a violation.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from virtspec.api import lanes
from virtspec.api.checking import Engine, Specification, check, find
from virtspec.api.manifest import Figures, figures_of
from virtspec.api.shipped import Case, judged_in
from virtspec.errors import NothingChecked, UsageError
from virtspec.explore import report


@dataclass(frozen=True)
class Row:
    """What became of one configuration."""

    config: str
    summary: str
    parameters: Mapping[str, str]
    fingerprint: str
    figures: Figures
    seconds: float
    stopped: str
    """Why not everything was seen, or ""."""


@dataclass(frozen=True)
class Survey:
    """The configurations that were checked, in the order of the history, and those that were not."""

    rows: tuple[Row, ...]
    interrupted: tuple[str, ...]
    """Asked for, but Ctrl-C came first."""
    slow: tuple[str, ...]
    """Left out, for nobody asked for slow ones."""

    def having(self, word: str) -> list[str]:
        """The configurations in which some verdict is `word`."""
        return [r.config for r in self.rows if any(v.split()[0] == word for v in r.figures.verdicts.values())]

    @property
    def exit_code(self) -> int:
        """That of a check: 1 if anything is violated or not reached, else 3 if anything is undetermined."""
        if self.interrupted:
            return 130
        return 1 if self.having("violated") or self.having("unreached") else 3 if self.having("undetermined") else 0


def survey(
    spec: Specification,
    pattern: str = "*",
    params: Mapping[str, object] | None = None,
    *,
    slow: bool = False,
    jobs: int | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    engine: Engine = "native",
    only: Sequence[str] | None = None,
    limits: report.Limits = report.Limits(),  # noqa: B008  # frozen
    fail_fast: bool = False,
    reduce: Sequence[str] | None = None,
) -> Survey:
    """Check every configuration whose name matches the `pattern`; in each, `params` go first.

    `jobs` configurations are checked at a time (default: one per CPU), slow ones one after the other, and only if asked
    for. All else is what `check` takes, and is about each configuration. `progress` is called with the configuration just
    finished, how many are, and how many there are in all. Ctrl-C ends it with what is done.

    Raises UsageError for what is no mechanism, for a pattern that matches nothing and for parameters that a configuration
    refuses, SpecError for a malformed specification, NothingChecked where there is no configuration to check.
    """
    matching = _matching(spec, pattern)
    wanted = [case for case in matching if slow or not case.slow]
    if not wanted:
        hint = "; those that are slow are checked with --slow" if matching else ""
        raise NothingChecked(f"there is no configuration to check: {spec.target}{hint}")
    how = {"engine": engine, "only": only, "limits": limits, "fail_fast": fail_fast, "reduce": reduce}
    work = partial(_row, spec.target, params or {}, how)
    quick, later = ([case.name for case in wanted if case.slow == which] for which in (False, True))
    found: dict[str, Row] = {}
    try:
        for row in lanes.results(work, quick, later, jobs or os.cpu_count() or 1):
            found[row.config] = row
            if progress is not None:
                progress(row.config, len(found), len(wanted))
    except KeyboardInterrupt:
        pass  # what is missing says so
    return Survey(
        tuple(found[case.name] for case in wanted if case.name in found),
        tuple(case.name for case in wanted if case.name not in found),
        tuple(case.name for case in matching if case not in wanted),
    )


def _matching(spec: Specification, pattern: str) -> list[Case]:
    if spec.mechanism is None:
        raise UsageError(f"{spec.target} is a file: only shipped mechanisms have named configurations; use -p")
    found = [case for case in spec.mechanism.cases if fnmatchcase(case.name, pattern)]
    if spec.mechanism.cases and not found:
        raise UsageError(f"{spec.target} has no configuration that matches {pattern!r}")
    return found


def _row(target: str, params: Mapping[str, object], how: Mapping[str, Any], config: str, workers: int) -> Row:
    """Check one configuration; in a process of its own, so that everything is found anew by name."""
    spec = find(target)
    assert spec.mechanism is not None
    case = spec.mechanism.case(config)
    try:
        system = spec.load(config, params)
        only = how["only"] or judged_in(case, system)
        done = check(system, workers=workers, **{**how, "only": only})
    except UsageError as error:
        raise UsageError(f"configuration {config}: {error}") from error
    if done.stopped == report.INTERRUPTED:
        raise KeyboardInterrupt
    return Row(
        config, case.summary, dict(system.config), system.fingerprint, figures_of(done), done.seconds, done.stopped
    )
