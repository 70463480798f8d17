"""The shipped mechanisms: packages that register under the entry-point group `virtspec.corpus`.

Each holds a `manifest.toml` that names its model, its property modules and, per configuration, the figures last
measured; and a `history` module whose `CASES` are the configurations, each with the verdicts its author claims; its
`SURVIVORS` say which mutants nobody need notice, and why. Another package may register mechanisms of its own in the same way.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from virtspec.errors import InputError, UsageError
from virtspec.frontend.module import module_of
from virtspec.ir.system import System
from virtspec.source import did_you_mean
from virtspec.trace.verdict import DEADLOCK, FAULT

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

GROUP = "virtspec.corpus"


class Case(Protocol):
    """One configuration of a mechanism, as its history module declares it."""

    @property
    def name(self) -> str: ...
    @property
    def params(self) -> Mapping[str, object]: ...
    @property
    def expect(self) -> Mapping[str, str]: ...
    @property
    def summary(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def evidence(self) -> str: ...
    @property
    def slow(self) -> bool: ...
    @property
    def leave_out(self) -> tuple[str, ...]: ...


def judged_in(case: Case, system: System) -> list[str]:
    """The ids of what is judged in that configuration. Raises InputError for one left out that there is not."""
    ids = [*system.declared, FAULT, DEADLOCK]
    for unknown in (i for i in case.leave_out if i not in ids):
        raise InputError(f"configuration {case.name} leaves out {unknown!r}; there is no such property")
    return [i for i in ids if i not in case.leave_out]


@dataclass(frozen=True)
class Mechanism:
    """A shipped mechanism. Its model and properties are imported when they are first asked for."""

    name: str
    package: str
    path: Path
    """Its `manifest.toml`."""
    manifest: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.manifest["title"])

    @property
    def measured(self) -> Mapping[str, Mapping[str, Any]]:
        """The manifest's figures by configuration."""
        return cast("Mapping[str, Mapping[str, Any]]", self.manifest.get("configurations", {}))

    @cached_property
    def model(self) -> type[Any]:
        module, _, name = self.manifest["model"].partition(":")
        found = getattr(self._import(module), name, None)
        if not isinstance(found, type):
            raise InputError(f"{self.path}: model: {module} has no class {name!r}")
        return found

    @cached_property
    def properties(self) -> list[Callable[..., Any]]:
        """Every property in the namespaces of its property modules, in order, each once."""
        return self._properties("properties")

    @cached_property
    def lemmas(self) -> list[Callable[..., Any]]:
        """Invariants that nobody asks for themselves: proofs of the properties need them."""
        return [f for f in self._properties("lemmas") if f not in self.properties]

    def _properties(self, key: str) -> list[Callable[..., Any]]:
        modules = [self._import(name) for name in self.manifest.get(key, [])]
        return list(dict.fromkeys(f for module in modules for f in module_of(module).properties))

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        name = self.manifest.get("history", self.package + ".history")
        return tuple(getattr(self._import(name), "CASES", ()))

    def case(self, name: str) -> Case:
        """The configuration of that name. Raises UsageError."""
        for case in self.cases:
            if case.name == name:
                return case
        hint = did_you_mean(name, [c.name for c in self.cases])
        raise UsageError(f"{self.name} has no configuration {name!r}" + (f"; {hint}" if hint else ""))

    @cached_property
    def survivors(self) -> Mapping[str, str]:
        """Mutants that nobody need notice, by `Mutant.key`, each with the reason why."""
        name = self.manifest.get("history", self.package + ".history")
        return cast("Mapping[str, str]", getattr(self._import(name), "SURVIVORS", {}))

    def _import(self, module: str) -> Any:
        try:
            return importlib.import_module(module)
        except (ImportError, AssertionError) as error:  # an assert of a class body that its own defaults break
            raise InputError(f"{self.path} names {module}, which cannot be imported: {error}") from error


def _entry_points() -> EntryPoints:
    from importlib.metadata import entry_points  # slow to import

    return entry_points(group=GROUP)


def catalog() -> dict[str, Mechanism]:
    """Every mechanism registered, by name, in order of names. Raises InputError for a malformed manifest."""
    return {ep.name: _mechanism(ep.name, ep.value) for ep in sorted(_entry_points(), key=lambda ep: ep.name)}


def is_shipped(name: str) -> bool:
    """Whether a mechanism of that name is registered."""
    return bool(_entry_points().select(name=name))


def mechanism(name: str) -> Mechanism:
    """The mechanism of that name. Raises UsageError if there is none, InputError for a malformed manifest."""
    found = {ep.name: ep.value for ep in _entry_points()}
    if name not in found:
        hint = did_you_mean(name, found)
        if Path(name + ".py").exists():
            hint = f"did you mean the file {name}.py?"
        raise UsageError(f"there is no shipped mechanism {name!r}" + (f"; {hint}" if hint else ""))
    return _mechanism(name, found[name])


def _mechanism(name: str, package: str) -> Mechanism:
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise InputError(f"the mechanism {name} lies in {package}, which cannot be imported: {error}") from error
    path = Path(module.__path__[0]) / "manifest.toml"
    manifest = read_manifest(path)
    for key, kind in (("title", str), ("model", str), ("properties", list)):
        if not isinstance(manifest.get(key), kind):
            raise InputError(f"{path}: the key {key!r} is missing or not a {kind.__name__}")
    return Mechanism(name, package, path, manifest)


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest's content. Raises InputError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}") from error
