"""Random specifications, for those who build engines.

`specifications()` draws the text of a well-typed specification, `systems()` what the compiler makes of one. An engine is
compared with the oracle on them:

    @given(systems())
    def test_my_engine_counts_as_the_oracle_does(spec: Specification) -> None:
        assert my_engine(spec.system, limit=300) == oracle(spec.system, limit=300)

What a drawn specification may contain: enums, scalarsets, singletons, integer ranges and integers modulo n, optionals,
tables (of all of these), sets, sequences, a record, a component (also one per key) with methods, constants and an action;
constants of the configuration; one or two processes with parameters, choices, branches, loops, sub-processes and locals
kept across yields; actions; methods with and without effects; invariants, transition properties, witnesses. Faults,
deadlocks and steps that are never enabled are part of it. It has no more than a few hundred states as a rule, but there
is no bound: an engine under test should be given a limit.

Every text compiles: an example that does not is a mistake of this module. Examples shrink to short texts. The same draws
give the same text in every run and on every machine.
"""

from __future__ import annotations

import hashlib

from hypothesis import strategies as st

from virtspec.frontend.load import Specification, compile_model
from virtspec.frontend.module import load_text
from virtspec.testing.generate.draws import Draws
from virtspec.testing.generate.specification import write


@st.composite
def _specifications(draw: st.DrawFn) -> str:
    return write(Draws(draw))


def specifications() -> st.SearchStrategy[str]:
    """The texts of random specifications, each a file with one model, `Random`, and its properties."""
    return _specifications()


def systems() -> st.SearchStrategy[Specification]:
    """The same, compiled: `.system` is what engines work on, the rest is what `frontend.native` needs."""
    return specifications().map(compiled)


def compiled(text: str) -> Specification:
    """The one model of a specification given as text, in its own configuration, with all its properties.

    Diagnostics and traces call the file by a name made from its text, so that texts never get mixed up. Raises SpecError.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    module = load_text(text, f"<random {digest}>")
    return compile_model(module.models[0], module.properties)
