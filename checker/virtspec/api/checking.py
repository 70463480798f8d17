"""Finding specifications, checking them, replaying traces: the verbs that one system at a time suffices for."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from virtspec.api.shipped import Mechanism, is_shipped, mechanism
from virtspec.errors import InputError, InternalError, NothingChecked, UsageError
from virtspec.explore import oracle, reasons
from virtspec.explore.budgets.amounts import Amounts
from virtspec.explore.report import REDUCTIONS, Limits, Progress, Report
from virtspec.frontend import load as frontend
from virtspec.frontend.module import load_path
from virtspec.ir.budget import Budget
from virtspec.ir.system import Faultless, System, Temporal
from virtspec.lang.props import PROPERTY
from virtspec.semantics.interp import Faulted
from virtspec.semantics.successors import busy, successors
from virtspec.source import did_you_mean
from virtspec.trace import itf
from virtspec.trace.trace import NotABehaviour, Trace
from virtspec.trace.trace import replay as run
from virtspec.trace.verdict import DEADLOCK, FAULT, Reached, Verdict, Violated, violated_by

if TYPE_CHECKING:
    from virtspec.frontend.lint import Finding


Engine: TypeAlias = Literal["native", "oracle"]


@dataclass(frozen=True)
class Specification:
    """A model with its properties, not yet in any configuration."""

    target: str
    """How the user named it: a shipped mechanism or a file."""
    name: str
    """A short name, fit for headings and file names."""
    model: type[Any]
    properties: tuple[Callable[..., Any], ...]
    mechanism: Mechanism | None = None

    @property
    def lemmas(self) -> tuple[Callable[..., Any], ...]:
        """Invariants for proofs, which a shipped mechanism has beside its properties."""
        return () if self.mechanism is None else _about(self.mechanism.lemmas, self.model)

    def parameters(self) -> list[frontend.Parameter]:
        """What `-p` may set: constants and Scalarset sizes."""
        return frontend.parameters(self.model)

    def load(
        self, config: str | None = None, params: Mapping[str, object] | None = None, lemmas: bool = False
    ) -> System:
        """The system in the named configuration (the model's own defaults if None), `params` going first.

        With `lemmas` it has those of a shipped mechanism, too. Raises UsageError for an unknown configuration or
        parameter, SpecError for a malformed specification.
        """
        return self.compile(config, params, lemmas).system

    def compile(
        self, config: str | None = None, params: Mapping[str, object] | None = None, lemmas: bool = False
    ) -> frontend.Specification:
        """The same, with what the compiler found on the way; `lint` looks at that."""
        chosen: dict[str, object] = {}
        if config is not None:
            if self.mechanism is None:
                raise UsageError(f"{self.target} is a file: only shipped mechanisms have named configurations; use -p")
            chosen |= self.mechanism.case(config).params
        properties = (*self.properties, *(self.lemmas if lemmas else ()))
        return frontend.compile_model(self.model, properties, {**chosen, **(params or {})})


def find(target: str, model: str | None = None) -> Specification:
    """The specification a user names: a shipped mechanism, or a Python file (and in it a class, if there are several).

    Raises UsageError for an unknown name, InputError for an unreadable file, SpecError for a malformed one.
    """
    path_like = target.endswith(".py") or os.sep in target
    if not path_like and (is_shipped(target) or not Path(target).exists()):
        shipped = mechanism(target)
        if model is not None and model != shipped.model.__name__:
            raise UsageError(f"{target} has the one model {shipped.model.__name__}; --model is for files")
        properties = _about(shipped.properties, shipped.model)
        return Specification(target, target, shipped.model, properties, shipped)
    module = load_path(target)
    models = {cls.__name__: cls for cls in module.models}
    if model is None and len(models) > 1:
        raise UsageError(f"{target} holds several models; choose one with --model: {', '.join(models)}")
    name = model or next(iter(models))
    if name not in models:
        hint = did_you_mean(name, models)
        raise UsageError(f"{target} has no model {name!r}" + (f"; {hint}" if hint else ""))
    stem = Path(target).stem
    return Specification(
        target, stem if len(models) == 1 else f"{stem}-{name}", models[name], _about(module.properties, models[name])
    )


def _about(properties: Sequence[Callable[..., Any]], model: type[Any]) -> tuple[Callable[..., Any], ...]:
    return tuple(f for f in properties if issubclass(model, getattr(f, PROPERTY).model))


def load(
    target: str, config: str | None = None, params: Mapping[str, object] | None = None, model: str | None = None
) -> System:
    """The system a user names. Raises UsageError, InputError, SpecError.

    >>> load("request_batching", params={"Req": 2})                                             # doctest: +SKIP
    """
    return find(target, model).load(config, params)


def check(
    system: System,
    *,
    engine: Engine = "native",
    only: Sequence[str] | None = None,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    fail_fast: bool = False,
    progress: Callable[[Progress], None] | None = None,
    values: bool = False,
    reduce: Sequence[str] | None = None,
    factors: bool = False,
    workers: int | None = None,
    checkpoint: Path | None = None,
    checkpoint_every: float = 60.0,
    resume: Path | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Report:
    """Explore everything the system can reach and judge its properties, freedom from faults and from deadlock.

    `engine` is "native", machine code with `workers` threads (None: one per CPU), or "oracle", the interpreter. `only`
    names the properties to judge by id; None means all, "fault" and "deadlock" among them. `values` asks how many
    distinct values each field takes, which takes as long as a search. Every trace in the report has been replayed by the
    interpreter and shows what its verdict says.

    `reduce` names what the native engine does to search less (`explore.report.REDUCTIONS`; None: all of it, but nothing
    with `values`). Verdicts and the lengths of traces stay the same; the figures are those of what was searched. With
    `factors` the search is done again without each of them, so that the report can say what it was worth.

    The native engine writes checkpoints into the directory `checkpoint`, one at the beginning, then at most every
    `checkpoint_every` seconds and when a limit or Ctrl-C ends the search, and goes on from the one in the directory
    `resume`. A checkpoint that the disk refuses is told by `warn`; the search goes on.

    Raises UsageError for an unknown id, a system that the engine cannot take or a directory that must not be written to,
    InputError for what cannot be resumed, NothingChecked for a system in which nothing can happen.
    """
    if only is not None and not only:
        raise NothingChecked("no property is named: there is nothing to check")
    if not system.actions:
        raise NothingChecked(f"{system.name} has no process and no action: there is nothing to check")
    refuse_endless(system)
    refuse_unknown(system, only)
    how: dict[str, Any] = {
        "only": only,
        "limits": limits,
        "fail_fast": fail_fast,
        "progress": progress,
        "values": values,
    }
    if engine == "native":
        which = REDUCTIONS if reduce is None else tuple(reduce)
        how |= {"reduce": () if values and reduce is None else which, "factors": factors}
        how |= {"checkpoint": checkpoint, "checkpoint_every": checkpoint_every, "resume": resume, "warn": warn}
    elif reduce or factors:
        raise UsageError(f"the engine {engine} knows no reductions: use --engine native")
    elif checkpoint is not None or resume is not None:
        raise UsageError(f"the engine {engine} neither writes checkpoints nor resumes: use --engine native")
    report = _search(system, engine, workers, how)
    confirm(system, report.verdicts, f"the engine {report.engine}")
    confirm_amounts(system, report.amounts, f"the engine {report.engine}")
    return report


def _search(system: System, engine: Engine, workers: int | None, how: dict[str, Any]) -> Report:
    if engine == "oracle":
        return oracle.check(system, **how)
    from virtspec.explore.native.check import check as native  # LLVM and Numba, only where they are needed

    return native(system, workers=workers, **how)


def refuse_endless(system: System) -> None:
    """Raises UsageError for a system with scalarsets of any size, whose states nobody can enumerate."""
    for name in system.endless:
        raise UsageError(f"{name}=any: there is no end of states; give {name} a size, or use `virtspec prove`")


def refuse_unknown(system: System, only: Sequence[str] | None) -> None:
    """Raises UsageError for an id of which the system has no property."""
    ids = [*system.declared, FAULT, DEADLOCK]
    for prop in only or ():
        if prop not in ids:
            hint = did_you_mean(prop, ids)
            raise UsageError(f"{system.name} has no property {prop!r}" + (f"; {hint}" if hint else ""))


def confirm(system: System, verdicts: Mapping[str, Verdict], whose: str) -> None:
    """Replay every trace. Raises InternalError, which blames `whose` they are, for one that does not show its verdict."""
    for prop, verdict in verdicts.items():
        if isinstance(verdict, Violated | Reached):
            declared = system.declared.get(prop)
            try:
                if isinstance(declared, Budget):
                    reason = reasons.why_broken(system, declared, verdict.trace)
                else:
                    reason = reason_of(system, verdict.trace)
            except NotABehaviour as error:
                raise InternalError(f"{whose} gave a trace for {prop} that does not replay: {error}") from error
            if reason is None:
                raise InternalError(f"{whose} gave a trace for {prop} that does not show it")


def confirm_amounts(system: System, amounts: Mapping[str, Amounts], whose: str) -> None:
    """Replay the trace of every extreme and measure it. Raises InternalError, as `confirm` does."""
    for prop, found in amounts.items():
        for extreme in (found.least, found.most):
            budget = system.declared[prop]
            assert isinstance(budget, Budget)
            if extreme is not None and extreme.amount not in reasons.amounts_in(system, budget, extreme.trace):
                raise InternalError(f"{whose} gave a trace for {prop} in which something else is spent")


def reason_of(system: System, trace: Trace) -> str | None:
    """Why the trace, replayed, is one of its property: which part is false, what faults, who waits, what is spent; "" for
    a witness.

    None if it is not. Raises NotABehaviour if it does not replay.
    """
    done = run(system, trace)
    last = done[-1] if done else None
    *_, before, after = (system.init, *trace.states(system))
    prop = None if trace.property is None else system.declared[trace.property]
    if isinstance(last, Faulted) and (prop is None or isinstance(prop, Faultless)):
        shown = (FAULT if prop is None else prop.id) in violated_by(system, last)
        return f"{last.message} ({last.span})" if shown else None
    if prop is None:
        stuck = bool(busy(system, after)) and next(successors(system, after), None) is None
        return reasons.deadlock_reason(system, after) if stuck else None
    if isinstance(prop, Temporal):
        return reasons.why_not(system, prop, trace)
    if isinstance(prop, Budget):
        return reasons.why_broken(system, prop, trace) or reasons.spent_in(system, prop, trace)
    if isinstance(last, Faulted) or isinstance(prop, Faultless) or (prop.kind == "transition" and last is None):
        return None
    why = reasons.why_false(system, prop, after, before)
    if prop.kind == "reachable":
        return "" if why is None else None
    return why


@dataclass(frozen=True)
class Replayed:
    """A trace from a file that replays on its system and ends in what it is a trace of, for the reason given."""

    system: System
    trace: Trace
    target: str
    """The specification, as the file or the caller named it."""
    reason: str


def replay(path: str | Path, spec: str | None = None) -> Replayed:
    """Run a stored trace through the interpreter. `spec` names the specification where the file's own name is no use.

    Raises InputError for what is no trace of that specification or no behaviour of it.
    """
    path = Path(path)
    head = itf.header(path)
    target = spec or head.spec
    if not target:
        raise InputError(f"{path} does not say which specification it was made from; name it with --spec")
    try:
        system = find(target, head.system if target.endswith(".py") else None).load(params=head.config)
    except (UsageError, InputError) as error:
        raise InputError(
            f"{path} was made from {head}, which cannot be loaded here: {error}; "
            "name the specification it was made from with --spec"
        ) from error
    trace = itf.read(path, system)
    again = "the file has been altered: run `virtspec check` again"
    try:
        reason = reason_of(system, trace)
    except NotABehaviour as error:
        raise NotABehaviour(f"{path}: {error}; {again}") from error
    if reason is None:
        raise NotABehaviour(f"{path}: the trace replays, but does not end in {itf.subject(trace)}; {again}")
    return Replayed(system, trace, target, reason)


def lint(spec: frontend.Specification) -> list[Finding]:
    """Steps that touch shared state more than once without a lock held and without a reason given.

    >>> lint(find("request_batching").compile())                                                # doctest: +SKIP
    """
    from virtspec.frontend import lint as linter

    return linter.lint(spec)
