"""virtspec: executable formal specifications of concurrent kernel protocols, and the model checker that runs them.

A specification imports its language from here; programs that check specifications use `virtspec.api`.
"""

from virtspec.lang import (
    Call,
    Cap,
    Component,
    Const,
    Mod,
    Model,
    Range,
    Scalarset,
    Seq,
    Singleton,
    Steps,
    acquires,
    action,
    at,
    atomic,
    choose,
    cost,
    each,
    fault,
    invariant,
    process,
    reachable,
    releases,
    require,
    transition,
)

__version__ = "0.1.0"

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
