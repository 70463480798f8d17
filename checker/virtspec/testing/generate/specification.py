"""A whole random specification as text: a model with its component, functions, methods, processes and properties."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from virtspec.ir.types import (
    BOOL,
    EnumType,
    IntType,
    ModType,
    OptionType,
    RecordType,
    ScalarsetType,
    SeqType,
    SetType,
    TableType,
    Type,
    cardinality,
    is_scalar,
    values,
)
from virtspec.testing.generate.draws import Draws
from virtspec.testing.generate.expressions import Expressions, tidy
from virtspec.testing.generate.scope import Helper, Number, Path, Ranges, Scope, either, exactly, reach
from virtspec.testing.generate.statements import DEPTH, MESSAGES, Statements, indented
from virtspec.testing.generate.values import literal
from virtspec.testing.generate.vocabulary import BOSS, domain, field_type, uses, vocabulary

FIELDS = ("flag", "owner", "count", "items")
INDENT = "    "
ROOM = 100
"""How many values all fields together may have, roughly: what is reached of them, times what processes do, is compared."""


@dataclass(frozen=True)
class Part:
    """The component: what a model that declares it can do with it, all templates without their `self.`."""

    text: list[str]
    paths: tuple[Path, ...]
    pure: tuple[Helper, ...]
    effects: tuple[Helper, ...]
    calls: tuple[Helper, ...]


def write(draws: Draws) -> str:
    """The text of one specification."""
    return _Writer(draws).write()


class _Writer:
    """Writes one specification from top to bottom; what is written may be used further down."""

    def __init__(self, draws: Draws) -> None:
        self.draws = draws
        self.words = vocabulary(draws)
        self.scope = Scope((), self.words.scalars)
        self.processes: list[tuple[str, Type, list[str]]] = []
        """Name, runner and labels to ask for."""
        self.room = ROOM
        self.spend: list[str] = []
        """What every process and action of a model that comes to its end begins with."""

    def write(self) -> str:
        functions = self.draws.whole(self.function) if self.draws.chance(30) else []
        part = self.draws.whole(self.component) if self.draws.chance(35) else None
        model = self.model(part)
        properties = self.properties() + self.faultless("\n".join([*(part.text if part else []), *model]))
        body = "\n".join([*functions, *(part.text if part else []), *model, *properties])
        declared = self.words.declarations(body)
        whole = "\n\n\n".join([*declared, body.strip("\n")])
        return "\n".join([*_imports(whole), "", "", whole, ""])

    # --- functions

    def function(self) -> list[str]:
        """A function of two integers outside the model."""
        self.scope.taken = set()
        scope = replace(self.scope, variables={}, taken=set())
        a, b = scope.bind(self.words.small), scope.bind(self.words.small)
        body = tidy(Expressions(self.draws, scope, total=True).boolean(DEPTH))
        self.scope.pure += (Helper("compare", (), (self.words.small, self.words.small), BOOL, partial=False),)
        return [f"def compare({a}: int, {b}: int) -> bool:", f"    return {body}", "", ""]

    def pure_method(self, scope: Scope, name: str) -> tuple[list[str], Helper]:
        """A method that only looks: a condition or an integer."""
        total = self.draws.chance(60)
        inside = self.fresh(scope)
        params = self.parameters(inside, 1)
        expressions = Expressions(self.draws, inside, total)
        lines: list[str] = []
        if self.draws.chance(30):
            t = self.draws.pick([t for t in (BOOL, self.words.colour, self.words.small) if inside.can(t)])
            value = expressions.over(inside, total=True).value(t, 1, typed=True)
            lines.append(f"{inside.bind(t)}: {self.words.annotation(t)} = {tidy(value)}")
        if self.draws.chance(30):
            result = "int"
            first, second = expressions.number(DEPTH), expressions.number(DEPTH)
        else:
            result = "bool"
            first, second = (Number(expressions.boolean(DEPTH), frozenset()) for _ in range(2))
        ranges = first.ranges
        if self.draws.chance(30):
            lines += [f"if {tidy(expressions.boolean(1))}:", f"    return {tidy(first.text)}"]
            ranges, first = either(first.ranges, second.ranges), second
        lines.append(f"return {tidy(first.text)}")
        helper = Helper(
            f"self.{name}", (), tuple(t for _, t in params), BOOL if result == "bool" else None, not total, ranges
        )
        return self.method(name, params, result, lines), helper

    def effect_method(self, scope: Scope, name: str) -> tuple[list[str], Helper]:
        """A method that changes something, and may have a result."""
        inside = self.fresh(scope)
        params = self.parameters(inside, 1)
        result = self.draws.pick((None, BOOL, BOOL, self.words.colour, OptionType(self.words.small)))
        body = Statements(self.draws, self.words, inside, result)
        lines, types = body.straight_body(), tuple(t for _, t in params)
        shown = "None" if result is None else self.words.annotation(result)
        helper = Helper(f"self.{name}", (), types, result, picks=body.most_picks)
        return self.method(name, params, shown, lines), helper

    def sub_process(self, scope: Scope, name: str) -> tuple[list[str], Helper]:
        """A method with steps of its own, for `yield from`."""
        inside = self.fresh(scope)
        params = self.parameters(inside, 1)
        inside.literal |= set(inside.variables)
        result = self.draws.pick((None, BOOL, self.words.small, OptionType(self.words.colour)))
        body = Statements(self.draws, self.words, inside, result)
        lines, types = body.stepwise_body(), tuple(t for _, t in params)
        shown = "Steps" if result is None else f"Call[{self.words.annotation(result)}]"
        helper = Helper(f"self.{name}", (), types, result, picks=body.most_picks)
        return self.method(name, params, shown, lines), helper

    def fresh(self, scope: Scope) -> Scope:
        """The scope of a body that has bound nothing yet."""
        return replace(scope, variables={}, assignable=set(), opaque=set(), literal=set(), taken=set(_GLOBAL_NAMES))

    def parameters(self, scope: Scope, most: int) -> list[tuple[str, Type]]:
        types = self.draws.some(self.words.scalars, 0, most)
        return [(scope.bind(t), t) for t in types]

    def method(self, name: str, params: list[tuple[str, Type]], result: str, body: list[str]) -> list[str]:
        """The text of a method, to be indented."""
        shown = "".join(f", {p}: {self.words.annotation(t)}" for p, t in params)
        return ["", f"def {name}(self{shown}) -> {result}:", *indented(body)]

    # --- declarations

    def fields(self, names: tuple[str, ...], types: list[Type]) -> tuple[list[str], list[Path]]:
        """Fields with their initial values, where these are not the default, and their parts."""
        lines, paths = [], []
        for name, t in zip(names, types, strict=True):
            initial = f" = {self.initial(t)}" if self.draws.chance(40) and self.initializable(t) else ""
            lines.append(f"{name}: {self.words.annotation(t)}{initial}")
            paths += reach(f"self.{name}", t)
        return lines, paths

    def field_type(self) -> Type:
        return field_type(self.draws, self.words)

    def affordable(self, t: Type) -> Type:
        """`t`, or a bool where its values would be too many."""
        if cardinality(t) > self.room:
            return BOOL
        self.room //= cardinality(t)
        return t

    def initializable(self, t: Type) -> bool:
        """Whether there is a literal for a value of `t`: the members of a scalarset have no names."""
        match t:
            case ScalarsetType():
                return False
            case TableType(_, of) | OptionType(of):
                return self.initializable(of)
            case RecordType(_, parts):
                return all(self.initializable(part) for _, part in parts)
            case _:
                return True

    def initial(self, t: Type) -> str:
        match t:
            case OptionType(of):
                return self.initial(of)
            case TableType(key, of) if is_scalar(of) and isinstance(key, EnumType) and self.draws.chance(40):
                return f"{{c: {self.initial(of)} for c in {domain(key)}}}"
            case TableType(_, of):
                return f"each({self.initial(of)})"
            case SetType(of) if is_scalar(of) and self.initializable(of):
                return f"{{{self.initial(of)}}}"
            case SetType():
                return "set()"
            case SeqType(of):
                return f"Seq([{self.initial(of)}])" if self.initializable(of) else "Seq()"
            case RecordType(name, parts):
                return f"{name}({', '.join(self.initial(part) for _, part in parts)})"
            case EnumType(name):
                return f"{name}.{self.draws.pick(values(t))}"
            case IntType() | ModType():
                value = self.draws.pick(values(t))
                assert isinstance(value, int)
                return literal(value)
            case _:
                return str(self.draws.chance(50))

    def constants(self) -> tuple[list[str], tuple[tuple[str, Type, Ranges], ...]]:
        """Constants of the configuration."""
        limit, fast, first = self.draws.number(1, 2), self.draws.chance(50), self.draws.pick(self.words.colour.members)
        known: list[tuple[str, str, Type, Ranges]] = [
            (f"LIMIT: Const[int] = {limit}", "self.LIMIT", IntType(limit, limit), exactly(limit)),
            (f"FAST: Const[bool] = {fast}", "self.FAST", BOOL, frozenset()),
            (f"FIRST: Const[Colour] = Colour.{first}", "self.FIRST", self.words.colour, frozenset()),
            (
                f"SIZES: Const[tuple[int, ...]] = (1, {limit})",
                f"self.SIZES[{limit - 1}]",
                IntType(0, 3),
                exactly(1, limit),
            ),
        ]
        chosen = self.draws.some(known, 0, 2)
        return [line for line, *_ in chosen], tuple((text, t, ranges) for _, text, t, ranges in chosen)

    def component(self) -> Part:
        """A class that the model declares once, or once per key."""
        possible: list[Type] = [BOOL, self.words.small, OptionType(self.words.task), SetType(self.words.colour)]
        types = self.draws.some(possible, 1, 2)
        declared, paths = self.fields(("busy", "level")[: len(types)], types)
        constants: tuple[tuple[str, Type, Ranges], ...] = ()
        if self.draws.chance(50):
            declared.insert(0, "LIMIT: Const[int] = 1")
            constants = (("self.LIMIT", IntType(1, 2), exactly(1, 2)),)
        scope = replace(self.scope, paths=tuple(paths), constants=constants)
        pure, ready = self.pure_method(scope, "ready")
        scope = replace(scope, pure=(*scope.pure, ready))
        effect, take = self.effect_method(scope, "take")
        text = ["class Cell(Component):", *indented(declared + pure + effect)]
        calls: tuple[Helper, ...] = ()
        if self.draws.chance(50):
            lines, drain = self.sub_process(replace(scope, effects=(take,)), "drain")
            text, calls = text + indented(lines), (drain,)
        if self.draws.chance(40):
            text += indented(self.action(replace(scope, effects=(take,)), "tick"))
        return Part([*text, "", ""], tuple(paths), (ready,), (take,), calls)

    def place(self, part: Part) -> tuple[list[str], Scope]:
        """The field that declares the component, and what it lets the model do."""
        key = self.draws.pick((None, self.words.task, self.words.colour, self.words.small))
        made = "Cell(LIMIT=2)" if "    LIMIT: Const[int] = 1" in part.text and self.draws.chance(50) else None
        if key is None:
            template, line = "self.cell.", "cell: Cell" + (f" = {made}" if made else "")
        else:
            template, line = (
                "self.cell[{}].",
                f"cell: dict[{self.words.annotation(key)}, Cell]" + (f" = each({made})" if made else ""),
            )
        keys = () if key is None else (key,)

        def helpers(known: tuple[Helper, ...]) -> tuple[Helper, ...]:
            return tuple(replace(h, template=h.template.replace("self.", template), keys=keys) for h in known)

        paths = tuple(
            replace(p, template=p.template.replace("self.", template), keys=keys + p.keys) for p in part.paths
        )
        scope = replace(
            self.scope,
            paths=paths,
            pure=self.scope.pure + helpers(part.pure),
            effects=helpers(part.effects),
            calls=helpers(part.calls),
        )
        return [line], scope

    # --- the model

    def model(self, part: Part | None) -> list[str]:
        constants, known = self.constants()
        count = self.draws.number(1 + (part is None), len(FIELDS) - (part is not None))
        types = [self.affordable(self.draws.whole(self.field_type)) for _ in range(count)]
        declared, paths = self.fields(FIELDS[:count], types)
        scope = replace(self.scope, paths=tuple(paths), constants=known)
        if part is not None:
            line, place = self.place(part)
            declared += line
            scope = replace(place, paths=(*paths, *place.paths), constants=known)
        if self.draws.chance(20):
            declared.append(f"left: Annotated[int, Range(0, 3)] = {self.draws.number(1, 3)}")
            self.spend = ["require(self.left > 0)", "self.left -= 1"]
        lines = ["class Random(Model):", INDENT + '"""Drawn at random."""', "", *indented(constants + declared)]
        if self.draws.chance(40):
            text, helper = self.draws.whole(partial(self.pure_method, scope, "holds"))
            lines, scope = lines + indented(text), replace(scope, pure=(*scope.pure, helper))
        if self.draws.chance(40):
            text, helper = self.draws.whole(partial(self.effect_method, scope, "attempt"))
            lines, scope = lines + indented(text), replace(scope, effects=(*scope.effects, helper))
        if self.draws.chance(40):
            text, helper = self.draws.whole(partial(self.sub_process, scope, "helper"))
            lines, scope = lines + indented(text), replace(scope, calls=(*scope.calls, helper))
        for name in ("run", "work")[: self.draws.pick((1, 1, 2))]:
            lines += indented(self.draws.whole(partial(self.process, scope, name)))
        for name in ("event", "reset")[: self.draws.pick((0, 0, 1, 1, 2))]:
            lines += indented(self.draws.whole(partial(self.action, scope, name)))
        self.scope = scope
        return [*lines, "", ""]

    def process(self, scope: Scope, name: str) -> list[str]:
        inside = self.fresh(scope)
        runners: tuple[Type, ...] = (self.words.task, self.words.task, self.words.small, BOSS)
        runner = self.draws.pick(runners)
        who = inside.bind(runner)
        params = self.parameters(inside, 1)
        inside.assignable |= {p for p, _ in params}
        body = Statements(self.draws, self.words, inside)
        lines = self.spend + body.stepwise_body()
        if self.spend and body.straight and self.draws.chance(40):  # to come to its end, it waits for what is all spent
            lines.append(self.spend[0])
        self.processes.append((name, runner, body.sure))
        fair = self.draws.pick(("@process", "@process", '@process(fair="weak")'))
        return ["", fair, *self.method(name, [(who, runner), *params], "Steps", lines)[1:]]

    def action(self, scope: Scope, name: str) -> list[str]:
        inside = self.fresh(scope)
        params = self.parameters(inside, 2)
        lines = self.spend + Statements(self.draws, self.words, inside).straight_body()
        fair = self.draws.pick(("@action", "@action", '@action(fair="strong")'))
        return ["", fair, *self.method(name, params, "None", lines)[1:]]

    # --- properties

    def properties(self) -> list[str]:
        found: list[str] = []
        for number in range(self.draws.number(0, 4)):
            found += self.draws.whole(partial(self.property, "invariant", f"safe{number + 1}", ("m",)))
        if self.draws.chance(40):
            found += self.draws.whole(partial(self.property, "transition", "stepwise", ("before", "after")))
        if self.draws.chance(40):
            found += self.draws.whole(partial(self.property, "reachable", "seen", ("m",)))
        return found

    def faultless(self, text: str) -> list[str]:
        """Properties about the faults that the text names."""
        found: list[str] = []
        said = [f'"{message}"' for message in MESSAGES if message in text]
        for name, messages in (("kept", said[:1]), ("passed", said[1:]), ("both", said)):
            if messages and self.draws.chance(60):
                found += ["@faultless(Random)", f"def {name}(m: Random) -> Faults:"]
                found += [*indented([f"return faults({', '.join(messages)})"]), "", ""]
        return found

    def property(self, kind: str, name: str, states: tuple[str, ...]) -> list[str]:
        """One property, perhaps of one parameter."""
        paths = [replace(p, template=p.template.replace("self.", f"{m}.")) for m in states for p in self.scope.paths]
        known = [h for h in self.scope.pure if h.template.startswith("self.")]
        pure = [replace(h, template=h.template.replace("self.", f"{m}.")) for m in states for h in known]
        pure += [h for h in self.scope.pure if h not in known]
        constants = [(text.replace("self.", f"{states[0]}."), t, ranges) for text, t, ranges in self.scope.constants]
        inside = self.fresh(replace(self.scope, paths=tuple(paths), pure=tuple(pure), constants=tuple(constants)))
        inside.taken |= set(states)
        params = self.parameters(inside, 1)
        inside.places = tuple(self.at(inside, self.draws.pick(states)) for _ in range(2))
        expressions = Expressions(self.draws, inside)
        lines: list[str] = []
        if self.draws.chance(25):
            lines += [f"if {tidy(expressions.boolean(1))}:", f"    return {tidy(expressions.boolean(1))}"]
        lines.append(f"return {tidy(expressions.boolean(DEPTH))}")
        shown = ", ".join([*(f"{m}: Random" for m in states), *(f"{p}: {self.words.annotation(t)}" for p, t in params)])
        return [f"@{kind}(Random)", f"def {name}({shown}) -> bool:", *indented(lines), "", ""]

    def at(self, scope: Scope, model: str) -> str:
        """Whether somebody, or somebody in particular, stands at a label of a process, or anywhere in it."""
        name, runner, labels = self.draws.pick(self.processes)
        args = [f"{model}.{name}"]
        who = [*scope.variables_of(runner)]
        if labels:
            args.append(f'"{self.draws.pick(labels)}"')
            args += who[:1] if self.draws.chance(50) else []
        return f"at({', '.join(args)})"


_GLOBAL_NAMES = ("m", "before", "after")


def _imports(text: str) -> list[str]:
    """The first lines of the file: what it needs, and nothing else."""
    lines = ['"""A random specification."""', ""]
    if uses(text, "dataclass"):
        lines.append("from dataclasses import dataclass")
    if uses(text, "Enum"):
        lines.append("from enum import Enum, auto")
    if uses(text, "Annotated"):
        lines.append("from typing import Annotated")
    if len(lines) > 2:
        lines.append("")
    names = [name for name in _LANGUAGE if uses(text, name)]
    return [*lines, f"from virtspec import {', '.join(names)}"]


_LANGUAGE = (
    "Call",
    "Cap",
    "Component",
    "Const",
    "Faults",
    "Mod",
    "Model",
    "Range",
    "Scalarset",
    "Seq",
    "Singleton",
    "Steps",
    "action",
    "at",
    "atomic",
    "choose",
    "cost",
    "each",
    "fault",
    "faultless",
    "faults",
    "invariant",
    "process",
    "reachable",
    "require",
    "transition",
)
