"""State diagrams are read off the assignments to the program counter."""

import pytest

from virtspec.export.diagram import diagrams, dot, mermaid
from virtspec.ir import build as b
from virtspec.ir.nodes import Assign, Fault, If, Require
from virtspec.ir.system import Action, Field, Runner, System
from virtspec.ir.types import BOOL, EnumType, ScalarsetType, TableType
from virtspec.source import Span

TASK = ScalarsetType("Task", 2)
WHERE = EnumType("Where", ("idle", "run.a", "run.b", "other.x"))
PC = TableType(TASK, WHERE)


@pytest.fixture
def system() -> System:
    """`run` branches, stays, returns early, may fault; `other` is a second process with two ways to one place."""
    t, pc, flag = b.var("t", TASK), b.read("pc.Task", PC), b.read("flag", BOOL)

    def stands(where: str) -> Require:
        return Require(b.eq(b.index(pc, t), b.const(where, WHERE)))

    def go(where: str) -> Assign:
        return Assign("pc.Task", (t,), b.const(where, WHERE))

    start = (stands("idle"), If(flag, (Assign("flag", (), b.FALSE), go("run.a")), (go("run.b"),)))
    in_a = (stands("run.a"), Require(b.or_(flag, b.eq(t, t))), If(flag, (Fault("never"),)), go("idle"))
    in_b = (stands("run.b"), If(flag, (go("idle"),)))
    choice = b.ite(flag, b.const("other.x", WHERE), b.const("idle", WHERE))
    ways = If(b.eq(t, b.const(0, TASK)), (Require(flag), go("idle")), (Require(flag), go("other.x")))
    other = (stands("idle"), Require(flag), Assign("pc.Task", (t,), choice), ways)
    actions = (
        Action("run", (t,), start, "run", "idle", span=Span("a|b.py", 3, 0, 3, 1)),
        Action("run.a", (t,), in_a, "run", "run.a"),
        Action("run.b", (t,), in_b, "run", "run.b"),
        Action("other", (t,), other, "other", "idle"),
        Action("tick", (), (Assign("flag", (), b.not_(flag)),)),
    )
    fields = (Field("flag", BOOL, False), Field("pc.Task", PC, ("idle", "idle"), "pc"))
    return System("Two", (), fields, actions, (), (Runner(TASK, "pc.Task", WHERE, ("run", "other")),))


def test_one_edge_per_way_a_step_may_lead(system: System) -> None:
    run, other = diagrams(system)
    assert run.locations == ("idle", "run.a", "run.b")
    assert [(e.source, e.target, e.label()) for e in run.edges] == [
        ("idle", "run.a", "flag"),
        ("idle", "run.b", "not flag"),
        ("run.a", "idle", ""),
        ("run.b", "idle", "flag"),
        ("run.b", "run.b", "not flag"),
    ]
    assert [(e.source, e.target, e.label()) for e in other.edges] == [
        ("idle", "idle", "flag and t == Task0"),
        ("idle", "other.x", "flag and t != Task0"),
    ]


def test_labels_are_cut(system: System) -> None:
    edge = diagrams(system)[0].edges[1]
    assert edge.label(6) == "not..."


def test_mermaid(system: System) -> None:
    assert mermaid(diagrams(system)[0]) == (
        "stateDiagram-v2\n"
        "    %% run, run by Task\n"
        '    state "idle" as s0\n'
        '    state "a" as s1\n'
        '    state "b" as s2\n'
        "    [*] --> s0\n"
        "    s0 --> s1 : flag\n"
        "    s0 --> s2 : not flag\n"
        "    s1 --> s0\n"
        "    s2 --> s0 : flag\n"
        "    s2 --> s2 : not flag\n"
    )


def test_dot_has_a_cluster_per_process(system: System) -> None:
    text = dot(system)
    assert text.startswith('digraph "Two" {\n')
    assert text.count("subgraph cluster_") == 2
    assert '    p0s0 -> p0s1 [label="flag"];\n' in text
    assert "    p0s1 -> p0s0;\n" in text
