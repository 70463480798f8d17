"""Is proved what mechanisms claim to be proved, and do proofs of wrong variants fail where they must?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.corpus.claims import CLAIMS, Claims

from virtspec import api
from virtspec.ir.system import Faultless
from virtspec.lang.props import PROPERTY
from virtspec.symbolic.inductive import Formulas, Induction, Obligation, messages_of
from virtspec.symbolic.relation import never_stuck
from virtspec.symbolic.solver import Session
from virtspec.trace.verdict import FAULT, Holds
from virtspec_models.claim import Proved, Refuted

SECONDS = 600.0
"""A proof takes less than a minute where nothing else runs."""


def cases(kind: str) -> list[Any]:
    """The claims of a kind as parameters; what is not quick is slow."""
    return [
        pytest.param(claims, claim, id=f"{claims.mechanism.name}-{claim.name}", marks=() if quick else pytest.mark.slow)
        for claims in CLAIMS
        for claim, quick in ((c, c.quick) for c in getattr(claims, kind))
    ]


def all_of(kind: str) -> list[Any]:
    """The same without a mark."""
    return [pytest.param(*case.values, id=case.id) for case in cases(kind)]


# --- what is proved ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("claims", "claim"), [*cases("proved"), *cases("missed")])
def test_a_claim_is_proved_and_z3_accepts_its_certificate(claims: Claims, claim: Proved, tmp_path: Path) -> None:
    assert rechecked(claims, claim, "z3", tmp_path) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("claims", "claim"), [*all_of("proved"), *all_of("missed")])
def test_a_solver_that_knows_nothing_of_virtspec_accepts_its_certificate(
    claims: Claims, claim: Proved, tmp_path: Path
) -> None:
    assert rechecked(claims, claim, "cvc5", tmp_path) == {}


def rechecked(claims: Claims, claim: Proved, solver: str, folder: Path) -> Mapping[str, str]:
    """The obligations of a claim's certificate that a solver does not accept."""
    path = folder / "certificate.smt2"
    path.write_text(certificate(claims, claim.name), encoding="utf-8")
    return api.recheck(path, solvers=[solver], seconds=SECONDS).answers[solver]


@cache
def certificate(claims: Claims, name: str) -> str:
    """That of a claim, which is proved."""
    (claim,) = [c for c in (*claims.proved, *claims.missed) if c.name == name]
    how: dict[str, Any] = {"method": "inductive", "seconds": SECONDS, "certify": True}
    found = api.prove(claims.specification(claim), None, claim.params, properties=claim.proves, **how)
    assert {p: str(v) for p, v in found.verdicts.items() if not isinstance(v, Holds)} == {}
    return found.certificate


# --- what is not ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("claims", "claim"), cases("refuted"))
def test_of_a_wrong_variant_the_stated_obligations_fail_and_no_others(claims: Claims, claim: Refuted) -> None:
    assert broken(claims, claim) == {step: set(ids) for step, ids in claim.breaks.items()}


@pytest.mark.parametrize(("claims", "claim"), cases("refuted"))
def test_a_wrong_variant_is_not_proved(claims: Claims, claim: Refuted) -> None:
    spec = claims.specification(claim)
    found = api.prove(spec, None, claim.params, properties=claim.proves, method="inductive", seconds=SECONDS)
    assert [p for p, v in found.verdicts.items() if not isinstance(v, Holds)] != []
    assert found.exit_code in (1, 3)


def broken(claims: Claims, claim: Refuted) -> dict[str, set[str]]:
    """By step, what it violates in some state in which every lemma, and all that is to be proved, holds."""
    spec = claims.specification(claim)
    system = spec.load(None, claim.params, lemmas=True)
    system = replace(system, properties=(*system.properties, never_stuck(system)))
    wanted = {getattr(f, PROPERTY).id for f in spec.lemmas} | set(claim.proves)
    judged = [p for p in system.properties if p.id in wanted]
    induction = Induction(Formulas(system), [p for p in judged if p.kind == "invariant"], Session())
    assert [p.prop for p in induction.broken_at_first(judged)] == []
    faults = [p for p in claim.proves if p == FAULT or isinstance(system.declared.get(p), Faultless)]
    goals = [p for p in judged if p.kind in ("invariant", "transition")]
    found: dict[str, set[str]] = {}
    for number, action in enumerate(system.actions):
        attempt = induction.after(number, goals)
        ids = set(_failing(induction, attempt.obligation(), ((g.id, attempt.obligation([g.id])) for g in goals)))
        ids |= {p for p in faults if refuted(induction, attempt.fault(messages_of(system, p), p))}
        if ids:
            found[action.name] = ids
    return found


def _failing(induction: Induction, all_at_once: Obligation, each: Iterator[tuple[str, Obligation]]) -> Sequence[str]:
    return [name for name, one in each if refuted(induction, one)] if refuted(induction, all_at_once, False) else []


def refuted(induction: Induction, obligation: Obligation, sure: bool = True) -> bool:
    """Whether an obligation fails. The solver must know that of a single one (`sure`)."""
    answer, _ = induction.ask(obligation)
    assert not sure or answer != "unknown", f"{obligation.name}: the solver does not know"
    return answer != "unsat"


# --- what searches say ------------------------------------------------------------------------------------------------


def in_the_history(claims: Claims, claim: Refuted) -> bool:
    return claim.name in [case.name for case in claims.mechanism.cases]


@pytest.mark.parametrize(("claims", "claim"), [c for c in all_of("refuted") if in_the_history(*c.values)])
def test_a_search_refutes_the_wrong_variant_too(claims: Claims, claim: Refuted) -> None:
    verdicts = measured(claims, claim)
    assert {p for p, verdict in verdicts.items() if verdict.startswith("violated")} != set()


@pytest.mark.parametrize(("claims", "claim"), all_of("missed"))
def test_what_a_proof_misses_a_search_misses_too(claims: Claims, claim: Proved) -> None:
    verdicts = measured(claims, claim)
    assert {p for p in claim.proves if verdicts.get(p, "holds") != "holds"} == set()


def measured(claims: Claims, claim: Proved | Refuted) -> dict[str, str]:
    """The verdicts, as tests/corpus compares them with a search, on the case of that name: the same mistake in a small
    configuration."""
    case = claims.mechanism.case(claim.name)
    same = {name: value for name, value in claim.params.items() if type(value) is not int and value != "any"}
    assert {name: case.params[name] for name in same if name in case.params} == {
        name: value for name, value in same.items() if name in case.params
    }
    return dict(claims.mechanism.measured[claim.name]["verdicts"])
