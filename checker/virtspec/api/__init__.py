"""virtspec for programs: one function per verb of the command line.

    catalog()              the shipped mechanisms
    find(target)           a specification, shipped or from a file
    load(target, ...)      the system of a specification in one configuration
    check(system, ...)     a verdict per property, with traces
    survey(spec, ...)      the verdicts of every configuration of a shipped mechanism
    simulate(system, ...)  what random walks run into, with traces
    replay(path)           a stored trace, run again
    conform(name, log)     whether a log of running code is a behaviour of a shipped mechanism
    mutate(target, ...)    whether any property notices when a condition is taken away
    lint(spec)             steps of a compiled specification that may be larger than they should be
    graph(system)          the reachable states as a networkx graph
    corpus(names)          every shipped configuration against what is claimed of it and was measured last;
                           `record` writes new measurements down, `judged` compares again

Errors are those of `virtspec.errors`; none of these functions prints or exits.

    >>> from virtspec import api
    >>> report = api.check(api.load("request_batching"))                                        # doctest: +SKIP
    >>> report.verdicts["RB-P1"]                                                                # doctest: +SKIP
"""

from virtspec.api.agreement import INTERRUPTED, Result, corpus, judged, left_out, record, unmatched
from virtspec.api.checking import (
    Replayed,
    Specification,
    check,
    find,
    lint,
    load,
    reason_of,
    refuse_endless,
    replay,
)
from virtspec.api.conforming import conform
from virtspec.api.graphs import graph
from virtspec.api.mutation import Effect, Equivalent, Mutant, Mutants, Noticed, Survives, Undetermined, mutate
from virtspec.api.proving import prove
from virtspec.api.rechecking import Recheck, recheck
from virtspec.api.shipped import Mechanism, catalog, mechanism
from virtspec.api.simulation import simulate
from virtspec.api.surveying import Row, Survey, survey
from virtspec.conform.verdict import Conformance
from virtspec.explore.simulation import Simulation

__all__ = [
    "INTERRUPTED",
    "Conformance",
    "Effect",
    "Equivalent",
    "Mechanism",
    "Mutant",
    "Mutants",
    "Noticed",
    "Recheck",
    "Replayed",
    "Result",
    "Row",
    "Simulation",
    "Specification",
    "Survey",
    "Survives",
    "Undetermined",
    "catalog",
    "check",
    "conform",
    "corpus",
    "find",
    "graph",
    "judged",
    "left_out",
    "lint",
    "load",
    "mechanism",
    "mutate",
    "prove",
    "reason_of",
    "recheck",
    "record",
    "refuse_endless",
    "replay",
    "simulate",
    "survey",
    "unmatched",
]
