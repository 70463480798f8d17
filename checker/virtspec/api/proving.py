"""Proving properties with a solver: bounded search, induction, invariants that are found and that are given."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

from virtspec.api.checking import Specification, check, confirm, reason_of, refuse_unknown
from virtspec.api.rechecking import certificate_text
from virtspec.api.stuck import FILTER, reachable_states, stuck
from virtspec.errors import NothingChecked, UsageError
from virtspec.explore import oracle
from virtspec.explore.report import Limits
from virtspec.ir.budget import Budget
from virtspec.ir.system import Property, System, Temporal
from virtspec.semantics.interp import State
from virtspec.trace.trace import Trace
from virtspec.trace.verdict import DEADLOCK, FAULT, Holds, Reached, Unknown, Unreached, Verdict, Violated

if TYPE_CHECKING:
    from virtspec.symbolic.inductive import Counterexample
    from virtspec.symbolic.report import Proof
    from virtspec.symbolic.solver import Session

Method: TypeAlias = Literal["auto", "bmc", "kind", "pdr", "inductive"]

ANYBODY = 2
"""How many members a type of any size has where a small instance is explored."""

LEARNT_FROM = Limits(states=5_000, seconds=10.0)
"""How far the interpreter explores an instance that invariants are learnt from."""

SHARES = {"bmc": 0.1, "inductive": 0.4, "kind": 0.4}
"""The part of the time left that `auto` gives to a method; the last one, `pdr`, has the rest."""


def prove(
    spec: Specification,
    config: str | None = None,
    params: Mapping[str, object] | None = None,
    *,
    properties: Sequence[str] | None = None,
    method: Method = "auto",
    depth: int | None = None,
    seconds: float | None = 60.0,
    using: Sequence[str] | None = None,
    strengthen: bool = False,
    certify: bool = False,
    log: TextIO | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Proof:
    """Prove `properties` (ids; None: all that states, steps and faults can tell), or find a shortest violation.

    bmc         behaviours of 0, 1, 2, ... steps, up to `depth`
    kind        k-induction over paths without a state twice, k up to `depth`
    pdr         an inductive invariant found by z3's Horn engine
    inductive   the invariants of the specification and its lemmas, or those named by `using`: the largest inductive part
                of them, and what follows from it
    auto        bmc, inductive, kind and pdr in turn; with a scalarset of any size, inductive alone

    With `strengthen`, invariants are learnt from counterexamples to induction where the given ones do not suffice; `auto`
    does so in any case. A configuration may give a scalarset the size `any`: what is proved then holds for every number
    of members. `seconds` is wall time for all of it; what is not settled by then is `Unknown`. With `certify` the proof
    by invariants is written out as a certificate. Every trace has been replayed by the interpreter.

    Raises UsageError for an unknown id or a method that cannot be used, NothingChecked where nothing can happen.
    """
    from virtspec.symbolic.solver import Session

    session = Session(seconds, log, progress)
    prover = _Prover(spec, config, params or {}, method, session)
    if not prover.system.actions:
        raise NothingChecked(f"{prover.system.name} has no process and no action: there is nothing to prove")
    prover.ask_for(properties, using)
    prover.run(Options(depth, using, strengthen or method == "auto", certify))
    proof = prover.proof
    proof.queries, proof.seconds = tuple(session.queries), time.monotonic() - session.started
    confirm(proof.traced, proof.verdicts, "the solver")
    return proof


@dataclass(frozen=True)
class Options:
    """What methods are told beside the properties; see `prove`."""

    depth: int | None = None
    using: Sequence[str] | None = None
    strengthen: bool = False
    certify: bool = False


class _Prover:
    """One proof under way."""

    def __init__(
        self, spec: Specification, config: str | None, params: Mapping[str, object], method: Method, session: Session
    ) -> None:
        from virtspec.symbolic.report import Proof
        from virtspec.symbolic.solver import ORIGIN

        self.spec = spec
        self.config = config
        self.params = dict(params)
        self.method = method
        self.session = session
        compiled = spec.compile(config, params)
        self.system = compiled.system
        self.left_out = compiled.unit.left_out
        self.lemmatic = spec.load(config, params, lemmas=True)
        self.endless = self.system.endless
        self.small = self.sized(dict.fromkeys(self.endless, ANYBODY)) if self.endless else self.lemmatic
        self.instances: dict[tuple[tuple[str, int], ...], tuple[System, Sequence[State]]] = {}
        self.proof = Proof(self.system.name, self.system.config, self.system.fingerprint, self.system, origin=ORIGIN)

    def sized(self, sizes: Mapping[str, int]) -> System:
        """The system with its lemmas and so many members of the types of any size."""
        return self.spec.load(self.config, {**self.params, **sizes}, lemmas=True)

    # --- what is asked for

    def ask_for(self, properties: Sequence[str] | None, using: Sequence[str] | None) -> None:
        """Take note of what is to be proved. Raises UsageError for what cannot be."""
        from virtspec.symbolic.report import Outcome

        for prop in properties or ():
            if prop in self.left_out:
                raise UsageError(f"{prop} cannot be proved here: {self.left_out[prop]}")
        refuse_unknown(self.lemmatic, [*(properties or ()), *(using or ())])
        for prop in properties or ():
            declared = self.lemmatic.declared.get(prop)
            if isinstance(declared, Budget):
                raise UsageError(f"{prop} is about costs, which the solver does not count: use `virtspec check`")
            if self.endless and declared is not None and declared.kind == "reachable":
                raise UsageError(f"{prop} is a witness, which some size has: give {', '.join(self.endless)} one")
            if isinstance(declared, Temporal) and self.method == "inductive":
                raise UsageError(f"{prop} is about whole behaviours: use --method bmc, kind or pdr")
        for prop in using or ():
            if self.lemmatic.declared[prop].kind != "invariant":
                raise UsageError(f"{prop} is no invariant: --using takes invariants")
        if self.endless and self.method not in ("auto", "inductive"):
            raise UsageError(f"{', '.join(self.endless)} of any size: only --method inductive proves that")
        ids = self.all_ids() if properties is None else list(dict.fromkeys(properties))
        self.proof.outcomes = {p: Outcome(Unknown("nothing was tried")) for p in ids}

    def all_ids(self) -> list[str]:
        """What is proved if nothing is named: all that states, steps and faults can tell."""
        provable = self.endless or self.method == "inductive"
        kinds = ("invariant", "transition") if provable else ("invariant", "transition", "reachable")
        found = [p.id for p in self.system.properties if p.kind in kinds]
        return [*found, *(p.id for p in self.system.faultless), FAULT, DEADLOCK]

    def methods(self) -> tuple[Method, ...]:
        if self.method != "auto":
            return (self.method,)
        return ("inductive",) if self.endless else ("bmc", "inductive", "kind", "pdr")

    def pending(self) -> list[str]:
        return [p for p, o in self.proof.outcomes.items() if isinstance(o.verdict, Unknown)]

    # --- asking

    def run(self, options: Options) -> None:
        """Try one method after the other on what is not settled yet."""
        from virtspec.symbolic.solver import OutOfTime

        *front, last = self.methods()
        for method in (*front, last):
            pending = self.pending()
            if not pending:
                break
            begun = time.monotonic()
            share = None if method == last else SHARES[method]
            try:
                with self.session.for_a_part(share):
                    self.by(method, pending, options)
                why = ""
            except OutOfTime as over:
                why = f"out of time at the question: {over}"
            except KeyboardInterrupt:
                self.note(method, pending, "interrupted", time.monotonic() - begun)
                break
            self.note(method, pending, why, time.monotonic() - begun)

    def by(self, method: Method, pending: Sequence[str], options: Options) -> None:
        endless = [p for p in self.lemmatic.temporal if p.id in pending]
        pending = [p for p in pending if p not in {q.id for q in endless}]
        if method != "inductive":
            for number, prop in enumerate(endless):
                with self.session.for_a_part(1 / (len(endless) - number + bool(pending))):
                    self.by_lassos(method, prop, options.depth)
        if not pending:
            return
        match method:
            case "bmc":
                self.by_search(pending, options.depth)
            case "kind":
                self.by_k_induction(pending, options.depth)
            case "pdr":
                self.by_horn_clauses(pending)
            case _:
                kept = self.by_invariants(pending, options)
                if options.strengthen:
                    self.by_learning([p for p in pending if p in self.pending()], kept)

    def note(self, method: str, pending: Sequence[str], why: str, seconds: float) -> None:
        """Put down what a method did for each property that it was given."""
        from virtspec.symbolic.report import Tried

        for prop in pending:
            outcome = self.proof.outcomes[prop]
            settled = not isinstance(outcome.verdict, Unknown)
            how_far = ", ".join(filter(None, (outcome.so_far.get(method), why))) or "not shown"
            said = str(outcome.verdict) if settled else how_far
            outcome.tried.append(Tried(method, said, seconds))
            if not settled:
                outcome.verdict = Unknown("; ".join(f"{t.method}: {t.outcome}" for t in outcome.tried))

    def settle(self, prop: str, verdict: Verdict) -> None:
        self.proof.outcomes[prop].verdict = verdict

    def violated(self, system: System, prop: str, trace: Trace) -> None:
        """A property is violated, or a witness found."""
        declared = system.declared.get(prop)
        if declared is not None and declared.kind == "reachable":
            self.settle(prop, Reached(trace))
        else:
            self.settle(prop, Violated(trace, reason_of(system, trace) or ""))

    def is_witness(self, prop: str) -> bool:
        declared = self.lemmatic.declared.get(prop)
        return declared is not None and declared.kind == "reachable"

    def held(self, prop: str, how: str) -> None:
        """A property holds, or a witness is impossible."""
        self.settle(prop, Unreached(how) if self.is_witness(prop) else Holds(how))

    # --- methods

    def by_search(self, pending: Sequence[str], depth: int | None) -> None:
        from virtspec.symbolic.bmc import Search, search

        def deeper(state: Search) -> None:
            for prop, trace in state.found.items():
                self.violated(self.lemmatic, prop, trace)
            for prop in state.pending if state.depth >= 0 else ():
                self.proof.outcomes[prop].so_far["bmc"] = f"no violation in {state.depth} steps"

        found = search(self.lemmatic, pending, self.session, depth=depth, deeper=deeper)
        for prop in found.pending:
            if found.complete:
                self.held(prop, f"no behaviour has more than {found.depth - 1} steps")
            elif depth is not None and self.method == "bmc" and not self.is_witness(prop):
                self.held(prop, f"up to depth {depth}")

    def by_lassos(self, method: Method, prop: Temporal, depth: int | None) -> None:
        """Judge a property of behaviours."""
        from virtspec.api.behaviours import judge

        verdict = judge(self.lemmatic, prop, method, depth, self.session)
        if isinstance(verdict, Violated):
            self.violated(self.lemmatic, prop.id, verdict.trace)
        elif isinstance(verdict, Holds) and (method == self.method or not verdict.how.startswith("up to")):
            self.held(prop.id, verdict.how)
        else:
            self.proof.outcomes[prop.id].so_far[method] = str(verdict).removeprefix("undetermined: ")

    def by_k_induction(self, pending: Sequence[str], depth: int | None) -> None:
        from virtspec.symbolic.kinduction import Progress, prove

        def deeper(state: Progress) -> None:
            for prop, trace in state.found.items():
                self.violated(self.lemmatic, prop, trace)
            for prop, k in state.proved.items():
                self.held(prop, f"{k}-inductive")
            for prop in state.pending:
                self.proof.outcomes[prop].so_far["kind"] = f"not {state.k}-inductive"

        prove(self.lemmatic, pending, self.session, most=depth, deeper=deeper)

    def by_horn_clauses(self, pending: Sequence[str]) -> None:
        from virtspec.api.behaviours import follows
        from virtspec.ir.text import expr_text
        from virtspec.symbolic.bmc import search
        from virtspec.symbolic.horn import prove

        for number, prop in enumerate(pending):
            with self.session.for_a_part(1 / (len(pending) - number)):
                answer = prove(self.lemmatic, prop, self.session)
                outcome = self.proof.outcomes[prop]
                if answer.outcome == "violated":
                    found = search(self.lemmatic, [prop], self.session)
                    self.violated(self.lemmatic, prop, found.found[prop])
                elif answer.invariant is None:
                    outcome.so_far["pdr"] = answer.reason
                elif follows(self.lemmatic, prop, answer.invariant, self.session):
                    self.held(prop, "inductive, invariant found")
                    outcome.invariant = expr_text(answer.invariant)
                else:
                    outcome.so_far["pdr"] = "the invariant found is none"

    def by_learning(self, pending: Sequence[str], kept: Sequence[Property]) -> None:
        """Learn invariants until those that are pending are inductive."""
        from virtspec.ir.text import expr_text
        from virtspec.symbolic.strengthen import strengthen

        goals = [p for p in self.inductive.properties if p.id in pending and p.kind == "invariant"]
        for number, goal in enumerate(goals):
            with self.session.for_a_part(1 / (len(goals) - number)):
                learnt = strengthen(self.inductive, [*kept, goal], self.explored, self.session)
            outcome = self.proof.outcomes[goal.id]
            if learnt.why:
                outcome.so_far["inductive"] = learnt.why
            else:
                self.held(goal.id, self.inductively)
                outcome.invariant = " and ".join(f"({expr_text(p.expr)})" for p in learnt.invariants)

    def explored(self, sizes: Mapping[str, int]) -> tuple[System, Sequence[State]]:
        """The system with so many members of the types of any size, and the states it can reach, or a good part of them."""
        key = tuple(sizes.items())
        if key not in self.instances:
            search = oracle.Search(self.sized(sizes), [], LEARNT_FROM)
            search.run()
            self.instances[key] = search.system, search.states
        return self.instances[key]

    @property
    def inductively(self) -> str:
        return "inductive" + (f", any {', '.join(self.endless)}" if self.endless else "")

    def by_invariants(self, pending: Sequence[str], options: Options) -> list[Property]:
        """Find out which invariants are inductive together, and which of those pending follow; the invariants."""
        from virtspec.symbolic.houdini import inductive
        from virtspec.symbolic.inductive import Formulas

        goals = [p for p in pending if not self.is_beyond_induction(p)]
        candidates = [
            p for p in self.inductive.properties if p.kind == "invariant" and (p.id != DEADLOCK or p.id in goals)
        ]
        if options.using is not None:
            candidates = [p for p in candidates if p.id in (*options.using, *goals)]
        refuted = self.refuted(candidates, goals)
        kept = [p for p in candidates if p.id not in refuted]
        goals = [g for g in goals if g not in refuted]
        found = inductive(Formulas(self.inductive), kept, goals, self.session)
        for prop in found.proved:
            self.held(prop, self.inductively)
        self.proof.invariants = tuple(p.id for p in found.kept)
        self.proof.dropped |= {p: "not inductive" for p in found.lost if p not in goals}
        self.show({g: c for g in goals if g not in found.proved and (c := found.lost.get(g)) is not None})
        if options.certify and found.proved:
            proved = found.proved, self.proof.invariants
            self.proof.certificate = certificate_text(self.spec.target, self.lemmatic, *proved)
        return found.kept

    @cached_property
    def inductive(self) -> System:
        """What invariants are about: the system with its lemmas, freedom from deadlock being one of them."""
        from virtspec.symbolic.relation import never_stuck

        return replace(self.lemmatic, properties=(*self.lemmatic.properties, never_stuck(self.lemmatic)))

    def is_beyond_induction(self, prop: str) -> bool:
        declared = self.lemmatic.declared.get(prop)
        return declared is not None and declared.kind in ("reachable", "temporal")

    def refuted(self, candidates: Sequence[Property], goals: Sequence[str]) -> dict[str, str]:
        """Candidates that the explicit engine refutes in a small instance; a goal among what it looks at is violated."""
        if len(candidates) <= 1 and not self.endless:
            return {}
        self.session.told("looking at small instances")
        ids = list(dict.fromkeys([*(p.id for p in candidates), *goals]))
        try:
            report = check(self.small, only=ids, limits=FILTER, reduce=())
        except UsageError:  # what the native engine cannot take is no help, and no harm
            return {}
        found = {}
        for prop, verdict in report.verdicts.items():
            if isinstance(verdict, Violated):
                found[prop] = f"{verdict}{self.in_small}"
                if prop in goals:
                    self.settle(prop, verdict)
                    self.proof.traced = self.small
        self.proof.dropped |= {p: why for p, why in found.items() if p not in goals}
        return found

    @property
    def in_small(self) -> str:
        return f" with {', '.join(f'{name}={ANYBODY}' for name in self.endless)}" if self.endless else ""

    def show(self, counterexamples: Mapping[str, Counterexample]) -> None:
        """Put down counterexamples to induction by goal, and what the explicit engine knows of them."""
        by_size: dict[tuple[tuple[str, int], ...], dict[str, Counterexample]] = {}
        for goal, found in counterexamples.items():
            by_size.setdefault(tuple(found.sizes.items()), {})[goal] = found
        for sizes, some in by_size.items():
            system = self.sized(dict(sizes))
            self.session.told("looking for the states of counterexamples")
            reachable = reachable_states(system, some)
            for goal, found in some.items():
                outcome = self.proof.outcomes[goal]
                outcome.stuck = stuck(system, found, reachable[goal])
                outcome.so_far["inductive"] = f"not preserved by {found.step}"
