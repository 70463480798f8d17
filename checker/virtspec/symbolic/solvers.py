"""Solvers that are given nothing but SMT-LIB text, as a certificate's reader would."""

from __future__ import annotations

from typing import Protocol

import z3

from virtspec.errors import InputError, UsageError
from virtspec.symbolic.solver import Answer


class Solver(Protocol):
    """Executes SMT-LIB text piece by piece."""

    @property
    def name(self) -> str: ...
    @property
    def origin(self) -> str: ...
    def run(self, text: str) -> Answer | None:
        """The last answer that the text asks for, if it asks for one."""


def available(name: str, seconds: float, seed: int = 0) -> Solver:
    """The solver of that name, with a limit for each answer and a seed. Raises UsageError where there is none."""
    if name == "z3":
        return Z3(seconds, seed)
    if name == "cvc5":
        try:
            return Cvc5(seconds, seed)
        except ImportError:
            raise UsageError("cvc5 is not installed: pip install 'virtspec[cvc5]', or use --solver z3") from None
    raise UsageError(f"there is no solver {name!r}; known: z3, cvc5")


class Z3:
    """z3 in a context of its own."""

    name = "z3"

    def __init__(self, seconds: float, seed: int) -> None:
        self.context = z3.Context()
        self.run(f"(set-option :timeout {int(seconds * 1000)})(set-option :smt.random_seed {seed})")

    @property
    def origin(self) -> str:
        return f"z3 {z3.get_version_string()}"

    def run(self, text: str) -> Answer | None:
        return _last(z3.Z3_eval_smtlib2_string(self.context.ref(), text))


class Cvc5:
    """cvc5, by its own parser."""

    name = "cvc5"

    def __init__(self, seconds: float, seed: int) -> None:
        import cvc5

        self.module = cvc5
        terms = cvc5.TermManager()
        self.solver = cvc5.Solver(terms)
        self.solver.setOption("tlimit-per", str(int(seconds * 1000)))
        self.solver.setOption("seed", str(seed))
        self.solver.setOption("incremental", "true")
        self.solver.setOption("enum-inst", "true")  # or it gives up where quantifiers need more than their patterns
        self.symbols = cvc5.SymbolManager(terms)

    @property
    def origin(self) -> str:
        version = self.solver.getVersion()
        return f"cvc5 {version.decode() if isinstance(version, bytes) else version}"

    def run(self, text: str) -> Answer | None:
        parser = self.module.InputParser(self.solver, self.symbols)
        parser.setStringInput(self.module.InputLanguage.SMT_LIB_2_6, text, "certificate")
        said = []
        while not (command := parser.nextCommand()).isNull():
            said.append(command.invoke(self.solver, self.symbols))
        return _last("\n".join(said))


def _last(output: str) -> Answer | None:
    """The last answer in what a solver printed. Raises InputError for a complaint."""
    words = output.split()
    if "(error" in words:
        raise InputError(f"the solver does not take the text: {output.strip()}")
    answers: list[Answer] = [w for w in words if w in ("sat", "unsat", "unknown")]  # type: ignore[misc]
    return answers[-1] if answers else None
