"""What the language refuses: one table of codes, messages and remedies, and the collector of diagnostics.

Every refusal has a file in tests/lang/reject that shows it. Messages are templates filled in where the problem is found.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from virtspec.errors import SpecError
from virtspec.frontend.module import span_of
from virtspec.source import Diagnostic


@dataclass(frozen=True)
class Refusal:
    message: str
    hint: str = ""


REFUSALS: dict[str, Refusal] = {
    # 0xx: files
    "VS001": Refusal("Python cannot read this: {0}"),
    "VS002": Refusal("there is no model in this file", "a model is a class that derives from virtspec.Model"),
    "VS003": Refusal("importing the file raised {0}"),
    # 1xx: declarations and names
    "VS101": Refusal("{0!r} is not a type of the language", "bool, Enum, Annotated[int, Range(a, b)], Scalarset, ..."),
    "VS102": Refusal("an int needs a range", "Annotated[int, Range(lo, hi)] or Annotated[int, Mod(n)]"),
    "VS103": Refusal("a Seq needs a capacity", "Annotated[Seq[T], Cap(n)]"),
    "VS104": Refusal("{0} cannot be a key or a member", "use bool, an Enum, an int range or a Scalarset"),
    "VS105": Refusal("the initial value does not fit: {0}"),
    "VS106": Refusal("this annotation cannot be evaluated: {0}"),
    "VS107": Refusal("a field needs a type", "name: type, or name: type = initial value"),
    "VS108": Refusal("unknown name {0!r}"),
    "VS109": Refusal("{0} has no field, constant or method {1!r}"),
    "VS110": Refusal("{0!r} is a global that is neither an enum, a constant nor a function", "pass it as a Const"),
    "VS111": Refusal("{0} has no member {1!r}"),
    "VS112": Refusal("the record {0} must be a frozen dataclass", "@dataclass(frozen=True)"),
    "VS113": Refusal("the range {0} is empty"),
    # 2xx: types
    "VS201": Refusal("{0}"),
    "VS202": Refusal("the type of {0!r} is not known yet", "annotate it where it is first assigned: {0}: T = ..."),
    "VS203": Refusal("{0!r} needs a range to be kept across a yield", "{0}: Annotated[int, Range(lo, hi)] = ..."),
    "VS204": Refusal("{0} wants {1} argument(s), found {2}"),
    "VS205": Refusal("None has no type here", "compare with `is None`, or assign it to an optional"),
    # 3xx: statements and expressions
    "VS301": Refusal("{0} is outside the language", "{1}"),
    "VS302": Refusal("a {0} call has an effect and must stand alone", "assign its result to a local first"),
    "VS303": Refusal("{0!r} may have no value here", "assign it on every path"),
    "VS304": Refusal("{0} has no meaning inside an expression", "write it as a statement of its own"),
    "VS305": Refusal("{0!r} is a constant of the configuration", "constants are not assigned"),
    "VS306": Refusal("{0!r} says who runs the process and cannot be assigned"),
    "VS307": Refusal("a local must not alias a mutable {0}", "name the field itself, or take a scalar from it"),
    "VS308": Refusal("{0} needs a literal string"),
    "VS309": Refusal("this is no domain to run through", "an Enum, a Scalarset, range(...), a set or a Seq"),
    "VS310": Refusal("{0!r} hides another name", "give the variable a name of its own"),
    "VS311": Refusal("only fields, their entries and locals can be assigned"),
    "VS312": Refusal("{0} has no effect here", "an expression statement must be a call"),
    "VS313": Refusal("a function of a specification must be written with def in a file"),
    # 4xx: processes
    "VS401": Refusal("a path through this loop has no yield", "end every iteration's step with `yield \"label\"`"),
    "VS402": Refusal("{0} calls itself", "recursion has no bound; use a while loop with a yield"),
    "VS403": Refusal("the label {0!r} stands at two places of {1}", "labels name one step each"),
    "VS404": Refusal("a process needs a first parameter that says who runs it", "t: a Scalarset, Singleton or int range"),
    "VS405": Refusal("a label is a literal string that is an identifier", 'yield "trylock"'),
    "VS406": Refusal("yield has no meaning in {0}", "only a @process, or a sub-process it calls, has steps"),
    "VS407": Refusal("the steps of {0} must be run with `yield from`", "yield from {0}(...)"),
    "VS408": Refusal("`yield from` needs a sub-process of this model or its components"),
    "VS409": Refusal("a path through {0} has no step at all", "a process needs at least one reachable step"),
    "VS410": Refusal("parameter {0!r} needs a finite type", "annotate it: {0}: T"),
    # 5xx: properties
    "VS501": Refusal("a property has no effects: {0}", "properties only look at states"),
    "VS502": Refusal("the first parameter(s) of a {0} property are the model's state(s)", "{1}"),
    "VS503": Refusal("{0} has no step {1!r}"),
    "VS504": Refusal("the property id {0!r} is used twice", "ids are stable and unique"),
}


class Refused(Exception):
    """Raised after a diagnostic was noted, to leave the construct it concerns."""


@dataclass
class Diagnostics:
    """Collects the problems of one specification, each once."""

    found: dict[tuple[str, object], Diagnostic] = field(default_factory=dict)

    def note(self, code: str, node: ast.AST, path: str, *args: object, hint: str | None = None) -> None:
        """Note refusal `code` at `node`; `hint` replaces the table's."""
        refusal = REFUSALS[code]
        span = span_of(node, path)
        text = refusal.message.format(*args)
        remedy = refusal.hint.format(*args) if hint is None else hint
        self.found.setdefault((code, span), Diagnostic(code, text, span, remedy))

    def refuse(self, code: str, node: ast.AST, path: str, *args: object, hint: str | None = None) -> Refused:
        """Note it and return the exception to raise."""
        self.note(code, node, path, *args, hint=hint)
        return Refused()

    def raise_if_any(self) -> None:
        if self.found:
            raise SpecError(list(self.found.values()))
