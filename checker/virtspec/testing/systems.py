"""Random specifications, for those who build engines.

`specifications()` draws the text of a well-typed specification, `systems()` what the compiler makes of one. An engine is
compared with the oracle on them:

    @given(systems())
    def test_my_engine_counts_as_the_oracle_does(drawn: RandomSpecification) -> None:
        assert my_engine(drawn.system, limit=300) == oracle(drawn.system, limit=300)

What a drawn specification may contain: enums, scalarsets, singletons, integer ranges and integers modulo n, optionals,
tables (of all of these), sets, sequences, a record, a component (also one per key) with methods, constants, sub-processes
and an action; constants of the configuration; one or two processes with parameters, choices, branches, loops,
sub-processes and locals kept across yields; actions; methods with and without effects; invariants, transition properties,
witnesses, properties about faults. Faults, deadlocks, ends and steps that are never enabled are part of it. Most have fewer
than a hundred states and one in twenty has more than three hundred; there is no bound, so an engine under test should be
given a limit.

Every text compiles: an example that does not is a mistake of virtspec. Examples shrink to short texts and are shown as
they would stand in a file. The same draws give the same text in every run and on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from virtspec.frontend.load import Specification, compile_model
from virtspec.frontend.module import load_text
from virtspec.testing.generate.draws import Draws, Rolled
from virtspec.testing.generate.specification import write


class Text(str):
    """A specification that is shown as it reads, so that a failing example can be saved as a file."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'''\n{self}'''"


@dataclass(repr=False)
class RandomSpecification(Specification):
    """A drawn specification, compiled: `.system` is what engines work on, the rest is what `frontend.native` needs."""

    text: str = ""
    properties: list[Callable[..., Any]] = field(default_factory=list)
    """The author's functions behind the system's properties, so to speak."""

    def __repr__(self) -> str:
        return repr(Text(self.text))


@st.composite
def _specifications(draw: st.DrawFn) -> str:
    return Text(write(Draws(draw)))


def specifications() -> st.SearchStrategy[str]:
    """The texts of random specifications, each a file with one model, `Random`, and its properties."""
    return _specifications()


def systems() -> st.SearchStrategy[RandomSpecification]:
    """The same, compiled."""
    return specifications().map(compiled)


def rolled(seed: int) -> RandomSpecification:
    """The random specification of that number, compiled: for tests that count what occurs among many.

    Numbers next to each other have nothing in common, whereas Hypothesis likes to draw short texts and to vary what it has
    drawn, in every version in another way. In return these do not shrink.
    """
    return compiled(Text(write(Rolled(seed))))


def compiled(text: str) -> RandomSpecification:
    """The one model of a specification given as text, in its own configuration, with all its properties.

    Diagnostics and traces call the file by a name made from its text, so that texts never get mixed up. Raises
    SpecError.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    module = load_text(text, f"<random {digest}>")
    found = compile_model(module.models[0], module.properties)
    return RandomSpecification(found.system, found.unit, found.model, found.sizes, text, module.properties)
