"""Does the page about proofs show what is claimed to be proved, and what lemmas say?

    python tests/docs/test_proofs_page.py      writes its tables anew

That the claims are true is what `tests/corpus/test_proofs.py` finds out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.corpus.claims import CLAIMS, Claims
from tests.docs.pages import ROOT, Page, table

from virtspec.api import shipped
from virtspec.lang.props import PROPERTY
from virtspec_models.claim import Proved, Refuted


def lemmas(claims: Claims) -> str:
    """What each lemma says: the first line of its docstring."""
    notes = [(getattr(f, PROPERTY), (f.__doc__ or "").splitlines()[0]) for f in claims.mechanism.lemmas]
    return table(["lemma", "says"], [(note.id, says) for note, says in notes if note.kind == "invariant"])


def proved(claims: Claims) -> str:
    """Every configuration that is proved, and what of it."""
    rows = []
    for c in claims.proved:
        what = "all" if c.proves == everything(claims) else ", ".join(c.proves)
        rows.append((f"`{c.name}`", c.summary, parameters(c, claims.proved), what))
    return table(["configuration", "what it is", "parameters", "proved"], rows)


def refuted(claims: Claims) -> str:
    """Every mistake with the obligations that fail, step by step."""
    rows = []
    for c in claims.refuted:
        fails = "<br>".join(f"`{step}`: {', '.join(ids)}" for step, ids in c.breaks.items())
        rows.append((f"`{c.name}`", parameters(c, claims.refuted), fails, c.summary))
    return table(["mistake", "parameters", "what fails, in which step", "why"], rows)


def missed(claims: Claims) -> str:
    """Mistakes of which everything is proved."""
    rows = [(f"`{c.name}`", parameters(c, claims.missed), c.summary) for c in claims.missed]
    return table(["mistake", "parameters", "why that is right"], rows)


def parameters(claim: Proved | Refuted, others: Sequence[Proved | Refuted]) -> str:
    """Parameters that are not the same in all claims of a table about the mechanism's own model."""
    own = [c.params for c in others if not c.file]
    common = {name for name in own[0] if all(name in p and p[name] == own[0][name] for p in own)}
    return ", ".join(
        f"{name}={shown(value)}" for name, value in claim.params.items() if claim.file or name not in common
    )


def shown(value: object) -> str:
    """A value as `-p` takes it."""
    match value:
        case bool():
            return str(value).lower()
        case Enum():
            return value.name
        case tuple():
            return ",".join(map(shown, value))
        case _:
            return str(value)


def everything(claims: Claims) -> tuple[str, ...]:
    """What is proved in most configurations."""
    return max((c.proves for c in claims.proved), key=len)


KINDS: Mapping[str, Callable[[Claims], str]] = {
    "proved": proved,
    "lemmas": lemmas,
    "mistakes": refuted,
    "mistakes that are proved all the same": missed,
}
TABLES = {
    f"{claims.mechanism.name}, {kind}": partial(make, claims) for claims in CLAIMS for kind, make in KINDS.items()
}
PAGE = Page(ROOT / "docs" / "explanation" / "proofs.md", "", TABLES, most_steps=0)


@pytest.mark.parametrize(("kind", "what", "shown"), PAGE.pieces(), ids=PAGE.names())
def test_a_table_says_what_is_claimed(kind: str, what: str, shown: str) -> None:
    assert shown == PAGE.made(kind, what), "python tests/docs/test_proofs_page.py writes it anew"


def test_every_table_is_made_here() -> None:
    PAGE.assert_made_here()


def test_the_page_names_properties_and_lemmas_that_there_are() -> None:
    known = {getattr(f, PROPERTY).id for m in shipped.catalog().values() for f in (*m.properties, *m.lemmas)}
    known |= {p for claims in CLAIMS for c in claims.proved for p in c.proves}
    assert set(re.findall(r"(?:RB|MDEV)-[A-Z]+\d+\w*", PAGE.prose)) <= known


@pytest.mark.parametrize("claims", CLAIMS, ids=lambda claims: claims.mechanism.name)
def test_the_page_lists_what_all_means(claims: Claims) -> None:
    assert "Proved, where it says all: " + ", ".join(everything(claims)) in " ".join(PAGE.prose.split())


if __name__ == "__main__":
    PAGE.write()
