"""Certificates: the same bytes wherever they are made, accepted by two solvers, refused if altered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from virtspec import api
from virtspec.api import Specification
from virtspec.errors import InputError, UsageError
from virtspec.symbolic import certificate
from virtspec.symbolic.solvers import available

pytest.importorskip("cvc5", reason="cvc5 is an extra: pip install 'virtspec[cvc5]'")


@pytest.fixture
def written(counted: Specification, tmp_path: Path) -> Path:
    found = api.prove(
        counted, None, {"Task": "any"}, properties=["EXCLUDED", "ONE", "fault"], method="inductive", certify=True
    )
    path = tmp_path / "counted.smt2"
    path.write_text(found.certificate)
    return path


def test_two_solvers_accept_it(written: Path) -> None:
    found = api.recheck(written)
    assert found.exit_code == 0
    assert found.answers == {"z3": {}, "cvc5": {}}
    assert found.header.proves == ("EXCLUDED", "ONE", "fault")
    assert found.header.invariants == ("COUNT", "EXCLUDED")
    assert ("Task", "any") in found.header.parameters
    steps = 5
    # Both invariants initially; for each step what never changes, two invariants, one property of steps, faults.
    assert found.obligations == 2 + steps * (1 + 2 + 1 + 1)


def test_the_same_bytes_in_another_process(written: Path, counted: Specification) -> None:
    """Whatever else was asked before."""
    code = (
        "import sys; from virtspec import api; s = api.find(sys.argv[1]);"
        "api.prove(s, None, {}, method='inductive', properties=['COUNT']);"
        "p = api.prove(s, None, {'Task': 'any'}, properties=['EXCLUDED', 'ONE', 'fault'], method='inductive',"
        " certify=True); sys.stdout.write(p.certificate)"
    )
    again = subprocess.run(
        [sys.executable, "-c", code, counted.target], capture_output=True, text=True, check=True, timeout=120
    )
    assert again.stdout == written.read_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(assert a0)", "(assert (not a0))", r":\d+: this is not what the specification gives"),
        ("; proves: EXCLUDED ONE fault", "; proves: EXCLUDED ONE NEVER fault", "claims what it does not prove: NEVER"),
        ("; proves: EXCLUDED ONE fault", "; proves: EXCLUDED", "this is not what the specification gives"),
        ("; proves: EXCLUDED", "; profs: EXCLUDED", "the line `; proves: ...` is missing"),
        ("; invariants: COUNT", "; invariants: COUNTS", "has no invariant 'COUNTS'"),
        ("; parameter: Task=any", "; parameter: Task=2", "this is not what the specification gives"),
        ("; virtspec certificate, version 1", "; hello", "is no certificate"),
        ("counted.py", "gone.py", "cannot be loaded here"),
        ("(check-sat)\n(pop 1)\n\n(push 1)", "(push 1)", "this is not what the specification gives"),
    ],
)
def test_an_altered_one_is_refused(written: Path, old: str, new: str, message: str) -> None:
    text = written.read_text()
    assert old in text
    written.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        api.recheck(written)


def test_a_certificate_of_another_text_is_refused(written: Path, counted: Specification) -> None:
    Path(counted.target).write_text(Path(counted.target).read_text().replace("self.readers += 1", "self.readers += 2"))
    with pytest.raises(InputError, match="the specification has changed since"):
        api.recheck(written)


def test_obligations_that_do_not_hold_are_found(written: Path) -> None:
    """The solvers are asked: an obligation without what it assumes is answered with `sat`."""
    first, (section, *_) = certificate.parts(written.read_text())
    *_, last, _, _ = section.text.strip().splitlines()
    assert last.startswith("(assert a")
    for name in ("z3", "cvc5"):
        solver = available(name, 10)
        solver.run(first)
        assert solver.run(section.text) == "unsat"
        assert solver.run(section.text.replace(last + "\n", "")) == "sat"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        api.recheck(tmp_path / "missing.smt2")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        api.recheck(tmp_path / "binary")


def test_an_unknown_solver(written: Path) -> None:
    with pytest.raises(UsageError, match="there is no solver 'yices'; known: z3, cvc5"):
        api.recheck(written, solvers=["yices"])
