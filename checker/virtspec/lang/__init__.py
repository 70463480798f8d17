"""What the author of a specification imports. Every name here is also executable by CPython.

The package depends on the standard library alone: reading or running a specification needs no engine.
"""

from virtspec.lang.budgets import Amount, Budget, budget, spent
from virtspec.lang.domains import Cap, Const, Mod, Range, Scalarset, Seq, Singleton, each
from virtspec.lang.faults import Faults, faultless, faults
from virtspec.lang.formulas import (
    Formula,
    always,
    can_always_reach,
    eventually,
    leads_to,
    release,
    temporal,
    until,
    weak_until,
)
from virtspec.lang.model import Call, Component, Model, Steps, acquires, action, process, releases
from virtspec.lang.props import at, enabled, invariant, local, reachable, transition
from virtspec.lang.rules import atomic, choose, cost, fault, require

__all__ = [
    "Amount",
    "Budget",
    "Call",
    "Cap",
    "Component",
    "Const",
    "Faults",
    "Formula",
    "Mod",
    "Model",
    "Range",
    "Scalarset",
    "Seq",
    "Singleton",
    "Steps",
    "acquires",
    "action",
    "always",
    "at",
    "atomic",
    "budget",
    "can_always_reach",
    "choose",
    "cost",
    "each",
    "enabled",
    "eventually",
    "fault",
    "faultless",
    "faults",
    "invariant",
    "leads_to",
    "local",
    "process",
    "reachable",
    "release",
    "releases",
    "require",
    "spent",
    "temporal",
    "transition",
    "until",
    "weak_until",
]
