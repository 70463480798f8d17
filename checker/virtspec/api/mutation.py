"""Mutation testing of a specification: is every condition in the text needed, that is, noticed if it is taken away?

A mutant is noticed if something that holds, or is reached, in the specification is violated, or not reached, in the mutant.
Of the configurations asked for one that notices is enough: a condition may matter in one of them alone.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from virtspec.api.checking import check, find
from virtspec.errors import NothingChecked, UsageError
from virtspec.explore.oracle import Search
from virtspec.explore.report import INTERRUPTED, Limits, Report
from virtspec.explore.report_json import short
from virtspec.ir.passes.mutants import Mutation, mutated, mutations
from virtspec.ir.system import Action, System
from virtspec.semantics.interp import Disabled, Faulted, State, Taken, outcomes
from virtspec.trace.verdict import Holds, Reached, Unreached, Violated

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

Key = TypeVar("Key")
Result = TypeVar("Result")

TIMES = 20
"""A mutant is given up when it has so many times the states of the original..."""
AT_LEAST = 100_000
"""... and no fewer than these."""
COMPARED = 50_000
"""Up to so many states the steps of original and mutant are compared one by one, by the interpreter. Beyond, a mutant that
nobody notices counts as a survivor."""

Config: TypeAlias = str | None


@dataclass(frozen=True)
class Noticed:
    """By a property, which is violated or no longer reached: `violated 14`, `unreached`."""

    config: Config
    property: str
    verdict: str


@dataclass(frozen=True)
class Effect:
    """What an edit that nobody notices does in one configuration: states and transitions before, and after."""

    config: Config
    states: tuple[int, int]
    transitions: tuple[int, int]


@dataclass(frozen=True)
class Survives:
    """Nobody notices, but the mutant does something else."""

    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Equivalent:
    """In no configuration asked for does a reachable state have other steps in the mutant."""


@dataclass(frozen=True)
class Undetermined:
    """A limit was met, or Ctrl-C, and nobody had noticed by then."""

    reason: str


Outcome: TypeAlias = Noticed | Survives | Equivalent | Undetermined


@dataclass(frozen=True)
class Mutant:
    """One edit and what came of it."""

    mutation: Mutation
    key: str
    """Names it in a history's SURVIVORS: `spec.py: if self.next_tag[i] / always true`; stays as lines move."""
    outcome: Outcome
    expected: str = ""
    """The reason for which the mechanism's history says that nobody need notice."""


@dataclass(frozen=True)
class Mutants:
    """Every mutant of a specification, in the order of the text."""

    name: str
    configs: tuple[Config, ...]
    mutants: tuple[Mutant, ...]

    def such(self, kind: type[Outcome]) -> list[Mutant]:
        """Those with an outcome of that kind."""
        return [m for m in self.mutants if isinstance(m.outcome, kind)]

    @property
    def unexpected(self) -> list[Mutant]:
        """Survivors without a reason, and mutants that are noticed although a reason says they need not be."""
        return [m for m in self.mutants if isinstance(m.outcome, Noticed if m.expected else Survives)]

    @property
    def interrupted(self) -> bool:
        return Undetermined(INTERRUPTED) in (m.outcome for m in self.mutants)

    def score(self, undetermined_as: int = 0) -> float:
        """Which part of the mutants that are not equivalent is noticed; 1 if there is none."""
        all_ = len(self.mutants) - len(self.such(Equivalent))
        return (len(self.such(Noticed)) + undetermined_as * len(self.such(Undetermined))) / all_ if all_ else 1.0

    def exit_code(self, min_score: float | None = None) -> int:
        """130 after Ctrl-C, 1 if anything is unexpected or the score is too low, 3 if it might be, else 0."""
        if self.interrupted:
            return 130
        if min_score is None:
            return 1 if self.unexpected else 3 if self.such(Undetermined) else 0
        return 0 if self.score() >= min_score else 3 if self.score(undetermined_as=1) >= min_score else 1


def mutate(
    target: str,
    configs: Sequence[str] = (),
    params: Mapping[str, object] | None = None,
    model: str | None = None,
    *,
    max_states: int | None = None,
    seconds: float | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Mutants:
    """Judge every mutant of a specification in the configurations named (none: in the specification's own).

    A search for one is given up after `max_states` (None: 20 times those of the original, 100,000 at the least) or
    `seconds`; its mutant is undetermined then, unless it is noticed elsewhere. `jobs` worker processes share the work
    (None: one per CPU). `progress` is told how many mutants are judged, and of how many.

    Raises UsageError, InputError, SpecError as `load` does; NothingChecked where no condition can be edited, or where the
    original itself cannot be judged or has no property that holds.

    >>> mutate("request_batching", ["v6.1", "v6.1-faults"]).score()                             # doctest: +SKIP
    """
    spec = find(target, model)
    twice = [c for c in configs if configs.count(c) > 1]
    if twice:
        raise UsageError(f"--config {twice[0]} is given twice")
    where: dict[Mutation, list[Config]] = {}
    chosen: tuple[Config, ...] = tuple(configs) or (None,)
    judge = _Judge(target, model, params or {}, Limits(states=max_states, seconds=seconds))
    for config in chosen:
        for mutation in mutations(judge.system(config)):
            where.setdefault(mutation, []).append(config)
    if not where:
        raise NothingChecked(f"{spec.name} has no condition that could be taken away")
    found: dict[Mutation, Outcome] = {}
    pool = _Pool(judge, min(jobs or os.cpu_count() or 1, len(where)))
    try:
        originals = dict(pool.run(_Judge.original, {config: (config,) for config in chosen}))
        for original in originals.values():
            original.refuse_unjudged(spec.name)
        work = {m: (m, [originals[config] for config in its]) for m, its in where.items()}
        for mutation, outcome in pool.run(_Judge.mutant, work):
            found[mutation] = outcome
            if progress is not None:
                progress(len(found), len(where))
    except KeyboardInterrupt:
        pass  # what is missing says so
    finally:
        pool.close()
    expected = spec.mechanism.survivors if spec.mechanism is not None else {}
    made = [(m, key, found.get(m, Undetermined(INTERRUPTED))) for m, key in _keys(sorted(where)).items()]
    return Mutants(spec.name, chosen, tuple(Mutant(m, key, o, expected.get(key, "")) for m, key, o in made))


def _keys(all_: Sequence[Mutation]) -> dict[Mutation, str]:
    """A name for each: the file, the text and the edit, with a number from the second place of the same text on."""
    keys: dict[Mutation, str] = {}
    taken: dict[str, int] = {}
    for m in all_:
        key = f"{Path(m.span.path).name}: {m.text} / {m.edit}"
        taken[key] = taken.get(key, 0) + 1
        keys[m] = key if taken[key] == 1 else f"{key} #{taken[key]}"
    return keys


# --- judging ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Original:
    """What is known of a configuration before anything is edited."""

    config: Config
    safety: tuple[str, ...]
    """What holds, or is reached, and shows in states and steps."""
    behaviours: tuple[str, ...]
    """What holds of behaviours."""
    broken: Mapping[str, int]
    """What is violated as it is, and shows in states and steps, with the length of its shortest trace."""
    states: int
    transitions: int
    stopped: str

    def refuse_unjudged(self, name: str) -> None:
        where = name if self.config is None else f"{name}/{self.config}"
        if self.stopped:
            raise NothingChecked(f"{where} itself is undetermined, and so are its mutants: {self.stopped}")
        if not self.safety and not self.behaviours:
            raise NothingChecked(f"of {where} no property holds that a mutant could violate")

    def effect(self, report: Report) -> Effect:
        return Effect(self.config, (self.states, report.states), (self.transitions, report.transitions))


class _Judge:
    """Judges one specification and its mutants, in this process or in a worker. Configurations are compiled once."""

    def __init__(self, target: str, model: str | None, params: Mapping[str, object], limits: Limits) -> None:
        self.target, self.model, self.params, self.limits = target, model, params, limits
        self.systems: dict[Config, System] = {}
        self.states: dict[Config, list[State]] = {}
        """Those reachable in a configuration."""

    def __reduce__(self) -> tuple[object, ...]:
        """A process that is no fork of this one compiles for itself."""
        return _Judge, (self.target, self.model, self.params, self.limits)

    def system(self, config: Config) -> System:
        if config not in self.systems:
            self.systems[config] = find(self.target, self.model).load(config, self.params)
        return self.systems[config]

    def original(self, config: Config) -> _Original:
        system = self.system(config)
        report = _checked(system, limits=Limits(seconds=self.limits.seconds), reduce=())
        holds = [prop for prop, v in report.verdicts.items() if isinstance(v, Holds | Reached)]
        late = {*(p.id for p in system.temporal), *(p.id for p in system.budgets)}
        safety, behaviours = (tuple(p for p in holds if (p in late) is which) for which in (False, True))
        broken = {p: len(v.trace) for p, v in report.verdicts.items() if isinstance(v, Violated) and p not in late}
        return _Original(config, safety, behaviours, broken, report.states, report.transitions, report.stopped)

    def mutant(self, mutation: Mutation, originals: Sequence[_Original]) -> Outcome:
        """What comes of one edit in the configurations that have its place: first what is quickly seen, in all of them."""
        others: list[tuple[_Original, System]] = []
        effects: list[Effect] = []
        reason = ""
        for original in originals:
            system = mutated(self.system(original.config), mutation)
            if self.differs(original, system):
                others.append((original, system))
                report = self.quickly(system, original)
                if (found := _noticed(original, report)) is not None:
                    return found
                reason = reason or report.stopped
        for original, system in others:
            report = self.fully(system, original)
            if (found := _noticed(original, report)) is not None:
                return found
            reason = reason or report.stopped
            effects.append(original.effect(report))
        if reason:
            return Undetermined(reason)
        return Survives(tuple(effects)) if effects else Equivalent()

    def differs(self, original: _Original, mutant: System) -> bool:
        """Whether some reachable state of the original has other steps in the mutant; True, too, if there are too many."""
        if original.states > COMPARED:
            return True
        system = self.system(original.config)
        if original.config not in self.states:
            search = Search(system, only=())
            search.run()
            self.states[original.config] = search.states
        changed = [(a, b) for a, b in zip(system.actions, mutant.actions, strict=True) if a != b]
        states = self.states[original.config]
        return any(_steps(system, a, state) != _steps(mutant, b, state) for state in states for a, b in changed)

    def quickly(self, system: System, original: _Original) -> Report:
        """States and steps, up to the first violation."""
        only = original.safety or original.behaviours
        return _checked(system, only=only, limits=self.limits_of(original), fail_fast=True)

    def fully(self, system: System, original: _Original) -> Report:
        """Behaviours, if anything holds of them, what is violated sooner, and the figures of every single state."""
        only = [*(original.behaviours or original.safety), *original.broken]
        return _checked(system, only=only, limits=self.limits_of(original), reduce=())

    def limits_of(self, original: _Original) -> Limits:
        return Limits(self.limits.states or max(TIMES * original.states, AT_LEAST), None, self.limits.seconds)


def _steps(system: System, action: Action, state: State) -> list[Taken | Faulted]:
    return [outcome for outcome in outcomes(system, action, state) if not isinstance(outcome, Disabled)]


def _noticed(original: _Original, report: Report) -> Noticed | None:
    """What the mutant violates, or violates in fewer steps than the original does."""
    for prop, verdict in report.verdicts.items():
        before = original.broken.get(prop)
        if before is None and isinstance(verdict, Violated | Unreached):
            return Noticed(original.config, prop, short(verdict))
        if before is not None and isinstance(verdict, Violated) and len(verdict.trace) < before:
            return Noticed(original.config, prop, f"{short(verdict)}, not {before}")
    return None


def _checked(
    system: System,
    *,
    limits: Limits,
    only: Sequence[str] | None = None,
    fail_fast: bool = False,
    reduce: Sequence[str] | None = None,
) -> Report:
    """One search in one thread: mutants are judged side by side. Raises KeyboardInterrupt."""
    report = check(system, only=only, limits=limits, fail_fast=fail_fast, reduce=reduce, workers=1)
    if report.stopped == INTERRUPTED:
        raise KeyboardInterrupt
    return report


class _Pool:
    """Worker processes with a judge each, or this process where there is work for one only."""

    def __init__(self, judge: _Judge, jobs: int) -> None:
        self.judge = judge
        self.executor: ProcessPoolExecutor | None = None
        if jobs > 1:
            from concurrent.futures import ProcessPoolExecutor  # slow to import

            self.executor = ProcessPoolExecutor(jobs, initializer=_prepare, initargs=(judge,))

    def run(self, ask: Callable[..., Result], work: Mapping[Key, tuple[object, ...]]) -> Iterator[tuple[Key, Result]]:
        """What a method of the judge says for each of the arguments, in the order the answers are ready."""
        if self.executor is None:
            for key, args in work.items():
                yield key, ask(self.judge, *args)
            return
        from concurrent.futures import as_completed

        futures = {self.executor.submit(_answer, ask, args): key for key, args in work.items()}
        for future in as_completed(futures):
            yield futures[future], future.result()

    def close(self) -> None:
        if self.executor is not None:
            self.executor.shutdown(wait=True, cancel_futures=True)


_judge: _Judge
"""The judge of a worker process."""


def _prepare(judge: _Judge) -> None:
    global _judge
    _judge = judge
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches every process of the terminal: die in silence


def _answer(ask: Callable[..., Result], args: tuple[object, ...]) -> Result:
    return ask(_judge, *args)
