"""What the language refuses: one table of codes, messages and remedies, and the collector of diagnostics.

Every refusal has a file in tests/lang/reject that shows it. Messages are templates, filled in where the problem is
found.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from virtspec.errors import SpecError
from virtspec.frontend.spans import span_of
from virtspec.source import Diagnostic, Span


@dataclass(frozen=True)
class Refusal:
    message: str
    hint: str = ""


REFUSALS: dict[str, Refusal] = {
    # 0xx: files
    "VS001": Refusal("Python cannot read this: {0}", "a specification is a Python file"),
    "VS002": Refusal("there is no model in this file", "a model is a class that derives from virtspec.Model"),
    "VS003": Refusal("importing the file raised {0}", "run it with python to see where that comes from"),
    # 1xx: declarations and names
    "VS101": Refusal(
        "{0!r} is not a type of the language",
        "use bool, an Enum, Annotated[int, Range(a, b)], a Scalarset, T | None, dict, set, Seq or a frozen dataclass",
    ),
    "VS102": Refusal("an int needs a range", "Annotated[int, Range(lo, hi)] or Annotated[int, Mod(n)]"),
    "VS103": Refusal("a Seq needs a capacity", "Annotated[Seq[T], Cap(n)]"),
    "VS104": Refusal("{0} cannot be a key or a member of a set", "use bool, an Enum, an int range or a Scalarset"),
    "VS105": Refusal("the initial value does not fit: {0}", "write a value of the declared type, or leave it out"),
    "VS106": Refusal("this cannot be evaluated: {0}", "it is evaluated with the constants of the configuration"),
    "VS107": Refusal("{0} declares nothing in a class body", "a field is `name: type` or `name: type = initial`"),
    "VS108": Refusal(
        "unknown name {0!r}", "a name is a parameter, a local, or a global of this file; fields are self.name"
    ),
    "VS109": Refusal("{0} has no field, constant or method {1!r}", "declare it in the class body: {1}: type"),
    "VS110": Refusal(
        "{0!r} is a global that is neither a constant, an enum, a Scalarset nor a function",
        "make it a field of the model, or an enum, an int, or a tuple of them",
    ),
    "VS111": Refusal("{0} has no member {1!r}", "its members are declared in its class body"),
    "VS112": Refusal("the record {0} must {1}", "@dataclass(frozen=True), with nothing but fields"),
    "VS113": Refusal("the type {0} has no values", "give it at least one"),
    "VS114": Refusal("two different types are called {0}", "traces and reports tell types by name; rename one of them"),
    "VS115": Refusal("{0} is refused: {1}", "constants and sizes must satisfy every assert of a class body"),
    # 2xx: types
    "VS201": Refusal("{0}", "the types must agree as they are declared; nothing is converted"),
    "VS202": Refusal("the type of {0!r} is not known yet", "annotate it where it is first assigned: {0}: T = ..."),
    "VS203": Refusal(
        "{0!r} is kept across a yield with the type of its first value, {1}: this does not fit",
        "declare it where it is first assigned: {0}: {2} = ...",
    ),
    "VS204": Refusal("{0}() takes {1}: {2}", "give every parameter once, in order or by name"),
    "VS205": Refusal("None has no type here", "compare with `is None`, or store it where `T | None` is declared"),
    "VS206": Refusal("`is` compares objects, not values", "use == for a {0}; `is` is for None, bool and enum members"),
    # 3xx: statements and expressions
    "VS301": Refusal("{0} is outside the language", "{1}"),
    "VS302": Refusal("{0} has an effect and cannot stand inside an expression", "assign its result to a local first"),
    "VS303": Refusal("{0!r} may have no value here", "assign it on every path that leads here"),
    "VS304": Refusal("{0}(...) must stand on a line of its own", "{1}"),
    "VS305": Refusal("{0!r} is a constant of the configuration", "constants are set with -p, never assigned"),
    "VS306": Refusal("{0!r} says who runs the process and cannot be assigned", "use another local"),
    "VS307": Refusal(
        "this would be a second name for the same {0}: what changes one would change the other",
        "name the field itself, or make a copy: {1}",
    ),
    "VS308": Refusal(
        "{0} needs a string that is known here", "what varies belongs into the state, which every trace shows"
    ),
    "VS309": Refusal("this is no domain to run through", "an Enum, a Scalarset, range(...), a set or a Seq"),
    "VS310": Refusal(
        "{0!r} hides a local of the same name", "give the variable of the comprehension a name of its own"
    ),
    "VS311": Refusal("this cannot be assigned", "assign fields, their entries and locals; records with replace(...)"),
    "VS312": Refusal("{0} has no effect", "call a method, assign, or remove it"),
    "VS313": Refusal("{0!r} is no function whose text can be read", "write it with def in a file"),
    "VS314": Refusal(
        "{0!r} is the variable of a for loop and has no other use", "use another name, or a local assigned in the loop"
    ),
    "VS315": Refusal("the loop changes {0!r} while it runs through it", "run through a copy: {1}"),
    "VS316": Refusal(
        "{0} is of any size here, and this loop does not treat all members at once",
        "each turn may assign, and read of what is assigned, only the entries of its own member; or give {0} a size",
    ),
    # 4xx: processes
    "VS401": Refusal(
        "a path through this loop has no yield", 'end every iteration with a `yield "label"`, or leave it'
    ),
    "VS402": Refusal("{0}() calls itself", "recursion has no bound; use a loop"),
    "VS403": Refusal("the label {0!r} of {1} stands in line {2}, too", "a label names one step"),
    "VS404": Refusal("a process needs a first parameter that says who runs it", "def {0}(self, t: Task) -> Steps"),
    "VS405": Refusal("a label is a literal identifier", 'yield "trylock"'),
    "VS406": Refusal("yield has no meaning in {0}", "only a @process, or a sub-process it calls, has steps"),
    "VS407": Refusal("{0}() has steps of its own", "run it with `yield from` in a @process: yield from {1}"),
    "VS408": Refusal("`yield from` needs a sub-process", "a method of the model or a component with a yield in it"),
    "VS409": Refusal("the process {0} has no yield", "one atomic step without steps inside is an @action"),
    "VS410": Refusal(
        "parameter {0!r} needs a scalar type", "{0}: T, with T a Scalarset, an Enum, bool or an int range"
    ),
    "VS411": Refusal(
        "too many paths lead through one step of {0}", "put a yield between its parts, or use fewer jumps"
    ),
    "VS412": Refusal(
        "a component has no processes of its own", "leave out @process; a model calls it with `yield from`"
    ),
    # 5xx: properties
    "VS501": Refusal("a property has no effects: {0}", "properties only look at states"),
    "VS502": Refusal("a property of this kind takes {0} first", "{1}"),
    "VS503": Refusal("{0} has no step {1!r}", "labels are what its yields say"),
    "VS504": Refusal("the property id {0!r} is used twice", "ids are stable and unique"),
    "VS505": Refusal("a temporal property is one formula", "return leads_to(m.asked, m.answered)"),
    "VS506": Refusal(
        "{0} is no formula", "formulas are joined by and, or, not, all(... for x in T) and any(... for x in T)"
    ),
    "VS507": Refusal(
        "a budget compares spent(...) with whole numbers that do not depend on the state",
        'return spent("exit", call=m.submit, by=t) <= 1',
    ),
    "VS508": Refusal("no step marks the cost {0!r}", "marks are set with cost({0!r}) in a step"),
    "VS509": Refusal(
        "this is no stretch of a behaviour",
        "start=... with stop=..., or call=m.process with or without by=..., or call=m.action, or nothing: the whole run",
    ),
    "VS510": Refusal("no step has the fault {0!r}", "messages are those of fault(...) and assert in a step"),
    "VS511": Refusal("a property about faults {0}", "{1}"),
    "VS512": Refusal(
        "the message {0!r} is lost: its assert stands in {1}(), which is called inside an expression",
        "assign the result of {1}() to a local first",
    ),
}


class Refused(Exception):
    """Raised after a diagnostic was noted, to leave the construct it concerns."""


@dataclass
class Diagnostics:
    """Collects the problems of one specification, each once."""

    found: dict[tuple[str, Span], Diagnostic] = field(default_factory=dict)

    def note(self, code: str, node: ast.AST | Span, path: str, *args: object, hint: str | None = None) -> None:
        """Note refusal `code` at `node`; `hint` replaces the table's."""
        refusal = REFUSALS[code]
        span = node if isinstance(node, Span) else span_of(node, path)
        text = refusal.message.format(*args)
        remedy = hint or refusal.hint.format(*args)
        self.found.setdefault((code, span), Diagnostic(code, text, span, remedy))

    def refuse(self, code: str, node: ast.AST | Span, path: str, *args: object, hint: str | None = None) -> Refused:
        """Note it and return the exception to raise."""
        self.note(code, node, path, *args, hint=hint)
        return Refused()

    def raise_if_any(self) -> None:
        if self.found:
            raise SpecError(list(self.found.values()))


def reason(error: BaseException) -> str:
    """What Python says of an error, in one line."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
