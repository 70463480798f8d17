"""Every exception virtspec raises on purpose, each with the exit code the command line gives it.

    VirtspecError
    ├── UsageError        2   an option or a name is wrong
    │   └── Endless           a type of any size is gone through member by member
    ├── SpecError         4   a specification is malformed; carries located diagnostics
    ├── InputError        4   another input file (trace, manifest) is unreadable or malformed
    ├── NothingChecked    5   the request is well-formed, but selects nothing to check
    └── InternalError    70   virtspec contradicts itself; never the user's mistake

This module imports nothing, so that every layer may raise these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from virtspec.source import Diagnostic


class VirtspecError(Exception):
    """Base of all deliberate errors: `str(error)` is fit to be shown to the user as it is."""

    exit_code = 70


class UsageError(VirtspecError):
    """The command or call is wrong: an unknown name, a parameter that does not exist, a bad value."""

    exit_code = 2


class SpecError(VirtspecError):
    """A specification is outside the language. `diagnostics` holds every problem found, sorted by place."""

    exit_code = 4

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(diagnostics, key=lambda d: d.sort_key))
        super().__init__("\n\n".join(str(d) for d in self.diagnostics))

    def __reduce__(self) -> tuple[type[SpecError], tuple[Sequence[Diagnostic]]]:
        return SpecError, (self.diagnostics,)  # a worker process raises it; by default its text would come back


class InputError(VirtspecError):
    """A file other than a specification cannot be read or is malformed."""

    exit_code = 4


class NothingChecked(VirtspecError):
    """The selection is empty: no property, no configuration. Never a pass."""

    exit_code = 5


class Endless(UsageError):
    """Something goes through the members of a Scalarset one by one that is of any size. The text says what is to be done."""

    def __init__(self, type_name: str = "") -> None:
        if type_name:
            what = f"{type_name}=any: something goes through the members of {type_name} one by one"
            super().__init__(f"{what}; give {type_name} a size, or say it of all of them at once")
        else:
            super().__init__(
                "a number that depends on how many members a type of any size has is compared; give it a size"
            )


class InternalError(VirtspecError):
    """virtspec contradicts itself (say, a trace that does not replay). Please report it."""

    exit_code = 70
