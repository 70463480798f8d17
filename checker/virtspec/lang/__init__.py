"""What the author of a specification imports. Every name here is also executable by CPython.

The package depends on the standard library alone: reading or running a specification needs no engine.
"""

from virtspec.lang.domains import Cap, Const, Mod, Range, Scalarset, Seq, Singleton, each
from virtspec.lang.model import Call, Component, Model, Steps, acquires, action, process, releases
from virtspec.lang.props import at, invariant, reachable, transition
from virtspec.lang.rules import atomic, choose, cost, fault, require

__all__ = [
    "Call",
    "Cap",
    "Component",
    "Const",
    "Mod",
    "Model",
    "Range",
    "Scalarset",
    "Seq",
    "Singleton",
    "Steps",
    "acquires",
    "action",
    "at",
    "atomic",
    "choose",
    "cost",
    "each",
    "fault",
    "invariant",
    "process",
    "reachable",
    "releases",
    "require",
    "transition",
]
