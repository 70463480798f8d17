"""What can be wrong with a `trace.toml`: one message that says where, and often what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtspec.conform.observer import Observer, observer
from virtspec.conform.table import Selector, Table, Value, read_table
from virtspec.errors import InputError, SpecError
from virtspec.frontend.load import Specification, compile_model
from virtspec.frontend.module import load_text

SPEC = '''
from virtspec import *

class Task(Scalarset, size=2):
    """A thread."""

class Box(Scalarset, size=2):
    """A thing."""

class Shop(Model):
    taken: dict[Box, bool]
    open: bool

    @process
    def buy(self, t: Task, b: Box) -> Steps:
        yield "take"
        self.taken[b] = True
        yield "pay"
        require(self.open)

    @process
    def look(self, t: Task) -> Steps:
        require(self.open)
        yield "leave"

    @action
    def unlock(self) -> None:
        self.open = True

@invariant(Shop, id="S-1")
def fine(m: Shop) -> bool:
    return True
'''

TABLE = """
config = "v1"
hidden = ["buy.pay"]
never = ["look", "look.*"]

[paths]
thread = "(come in out | unlock)*"
in = "in_in (more)? in_out"

[objects.box]
type = "Box"
born = "come"
named = ["come.box"]
seen = ["in_in.box"]
dies = ["in_out[ok=1]"]

[[step]]
action = "buy"
at = "come"
with = { b = "box" }

[[step]]
action = "buy.take"
from = "in_in"
to = "in_out"
values = { ret = "in_out.ret", more = "more?" }
before = ["ret == more"]

[[step]]
action = "unlock"
at = "unlock"

[[see]]
at = "out"
process = "buy"
before = ["at(m.buy, None, t)"]
"""


class Tables:
    """Reads the table with its text changed here and there."""

    def __init__(self, path: Path, spec: Specification) -> None:
        self.path = path
        self.spec = spec

    def read(self, *changes: tuple[str, str]) -> Table:
        text = TABLE
        for old, new in changes:
            assert text.count(old) >= 1, old
            text = text.replace(old, new, 1)
        self.path.write_text(text)
        return read_table(self.path)

    def observer(self, *changes: tuple[str, str]) -> Observer:
        return observer(self.spec, self.read(*changes))

    def refused(self, *changes: tuple[str, str]) -> str:
        """What is said, without the name of the file."""
        with pytest.raises(InputError) as raised:
            self.observer(*changes)
        message = str(raised.value)
        assert message.startswith(str(self.path)) and "\n" not in message
        return message.removeprefix(str(self.path)).lstrip(":").strip()


@pytest.fixture
def spec() -> Specification:
    module = load_text(SPEC, "<shop>")
    return compile_model(module.models[0], module.properties)


@pytest.fixture
def tables(tmp_path: Path, spec: Specification) -> Tables:
    return Tables(tmp_path / "trace.toml", spec)


# --- what is right ----------------------------------------------------------------------------------------------------


def test_the_table_says_what_its_text_says(tables: Tables) -> None:
    table = tables.read()
    come, take, _, see = table.rules
    assert (come.is_point, come.given, take.is_point) == (True, {"b": "box"}, False)
    assert take.begin == Selector("in_in", "in_in") and take.end == Selector("in_out", "in_out")
    assert take.values == (Value("ret", "in_out", "ret"), Value("more", "more", None))
    assert (see.actions, see.process, see.title, [r.number for r in table.rules]) == ((), "buy", "at out", [0, 1, 2, 3])
    box = table.objects["box"]
    assert box.dies == (Selector("in_out[ok=1]", "in_out", "ok", 1),) and box.named == (
        (Selector("come", "come"), "box"),
    )
    assert table.events == dict.fromkeys(("come", "in_in", "more", "in_out", "out", "unlock"), "thread")


def test_a_step_becomes_an_action_with_its_conditions(tables: Tables) -> None:
    watched = tables.observer()
    come, take, unlock, see = watched.moves
    assert come.actions[0].params[0].name == "t"
    assert (come.given, come.asked) == (("b",), (("b",),))  # that the action's own `b` is the box in hand
    assert [str(m.of) for m in watched.moves] == ["Task", "Task", "None", "Task"]
    assert (take.given, take.asked, unlock.asked) == (("ret", "more"), (("more", "ret"),), ())
    assert (see.rule.actions, see.actions[0].process) == ((), "buy")
    assert [a.name for a in watched.hidden] == ["buy.pay"]
    assert [a.name for a in watched.shown] == ["buy", "buy.take", "unlock"]
    assert [p.id for p in watched.judged] == ["S-1"]


@pytest.mark.parametrize(
    ("text", "fields", "takes"),
    [
        ("come[x=1]", {"x": 1}, True),
        ("come[x=1]", {"x": 2}, False),
        ("come[x=1]", {}, False),
        ("come[x!=1]", {"x": 2}, True),
        ("come[x!=1]", {}, True),
        ("come[x!=1]", {"x": 1}, False),
        ("come[x=-19]", {"x": -19}, True),
        ("come[x=far]", {"x": "far"}, True),
        ("come[x=1]", {"x": "1"}, False),
    ],
)
def test_a_selector_looks_at_one_field(tables: Tables, text: str, fields: dict[str, int | str], takes: bool) -> None:
    table = tables.read(('at = "come"', f'at = "{text}"'))
    assert table.rules[0].end.takes(fields) is takes


# --- what is wrong with the text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        # keys
        ("never =", "nevr =", "the file: the key 'nevr' has no meaning; did you mean 'never'?"),
        ('at = "out"', 'at = "out"\nafter = 1', "see at out: after is of the wrong kind"),
        (
            'at = "unlock"',
            'at = "unlock"\nvalue = {}',
            "step unlock: the key 'value' has no meaning; did you mean 'values'?",
        ),
        (
            'type = "Box"',
            'kind = "Box"',
            "objects.box: the key 'kind' has no meaning; known: born, dies, keeps, named, seen, type",
        ),
        ('config = "v1"', "config = 1", "the file: config is of the wrong kind"),
        ('config = "v1"', "", "the file: the key 'config' is missing"),
        ('[paths]\nthread = "(come in out | unlock)*"\nin =', "[ignored]\nx =", "the file: the key 'paths' is missing"),
        ('hidden = ["buy.pay"]', 'hidden = "buy.pay"', "the file: hidden is of the wrong kind"),
        ('hidden = ["buy.pay"]', "hidden = [1]", "the file: hidden is a list of texts"),
        ('[[see]]\nat = "out"\nprocess', "[see]\nprocess", "the file: see is of the wrong kind"),
        ("[objects.box]", "[objects]\nbag = 1\n[objects.box]", "objects.bag: is no table"),
        ('before = ["at(m', 'before = [1, "at(m', "see at out: before is a list of texts"),
        ('with = { b = "box" }', "with = { b = 1 }", "step buy: with holds texts"),
        ('with = { b = "box" }', "with = { b = [] }", "step buy: with holds texts"),
        ("[paths]", '[eager]\n"buy.pay" = true\n[paths]', "the file: eager holds texts"),
        ("[paths]", "[ignored]\nx = 1\n[paths]", "the file: ignored holds texts"),
        ("[paths]", '[constants]\nx = "1"\n[paths]', "the file: constants holds whole numbers"),
        ('thread = "(come in out | unlock)*"', "thread = 1", "paths: thread is no text"),
        # rules
        (
            'to = "in_out"',
            'to = "in_out"\nown = ["buy.pay"]',
            "step buy.take: own steps happen right before one event: say `at`",
        ),
        ('action = "buy"', "", "step: a step has an action"),
        ('action = "buy"', "action = 1", "step 1: action is of the wrong kind"),
        ('action = "buy"', "action = [1]", "step 1: action is a list of texts"),
        ('action = "unlock"\nat', "at", "step: a step has an action"),
        ('process = "buy"', 'action = "buy"', "see at out: what is only seen has no action; use [[step]]"),
        ('at = "come"', 'at = "come"\nto = "out"', "step buy: say `at`, or `to` with or without `from`"),
        ('at = "come"', 'at = "come"\nfrom = "out"', "step buy: say `at`, or `to` with or without `from`"),
        ('at = "come"', 'from = "come"', "step buy: say `at`, or `to` with or without `from`"),
        ('at = "come"', "", "step buy: say `at`, or `to` with or without `from`"),
        ('process = "buy"\nbefore', 'process = "buy"\nafter', "see at out: nothing happens there: say `before`"),
        (
            'ret = "in_out.ret"',
            'ret = "in_out"',
            "step buy.take: the value ret is event.field, or event? for whether it came; not 'in_out'",
        ),
        (
            'ret = "in_out.ret"',
            "ret = 1",
            "step buy.take: the value ret is event.field, or event? for whether it came; not 1",
        ),
        (
            'at = "come"',
            'at = "come[x]"',
            "step buy: 'come[x]' is no event; write event, path.event or event[field=value]",
        ),
        (
            'at = "come"',
            'at = "come[x>1]"',
            "step buy: 'come[x>1]' is no event; write event, path.event or event[field=value]",
        ),
        ('named = ["come.box"]', 'named = ["come"]', "objects.box: 'come' names no field; write event.field"),
        ('named = ["come.box"]', 'named = ["come.2"]', "objects.box: 'come.2' names no field; write event.field"),
        # events
        ('at = "out"', 'at = "ou"', "the rule at ou: no path has 'ou'; did you mean 'out'?"),
        (
            'to = "in_out"',
            'to = "thread.xyz"',
            "the rule buy.take: no path has 'thread.xyz'; known: come, in_in, in_out, more, out, unlock",
        ),
        ('from = "in_in"', 'from = "in.out"', "the rule buy.take: no path has 'in.out'; did you mean 'out'?"),
        ('from = "in_in"', 'from = "in.in_inn"', "the rule buy.take: no path has 'in.in_inn'; did you mean 'in_in'?"),
        (
            'ret = "in_out.ret"',
            'ret = "inn_out.ret"',
            "the rule buy.take: no path has an event 'inn_out'; did you mean 'in_out'?",
        ),
        ('more = "more?"', 'more = "mor?"', "the rule buy.take: no path has an event 'mor'; did you mean 'more'?"),
        ('born = "come"', 'born = "comes"', "objects.box: no path has 'comes'; did you mean 'come'?"),
        (
            'dies = ["in_out[ok=1]"]',
            'dies = ["inout[ok=1]"]',
            "objects.box: no path has 'inout'; did you mean 'in_out'?",
        ),
        ('seen = ["in_in.box"]', 'seen = ["in_on.box"]', "objects.box: no path has 'in_on'; did you mean 'in_in'?"),
        # objects
        ('with = { b = "box" }', 'with = { b = "bax" }', "the rule buy: with: b is 'bax', and there is no such object"),
        ('type = "Box"', 'type = "Box"\nkeeps = ["bag"]', "objects.box: keeps 'bag', and there is no such object"),
        # paths
        ("unlock)*", "unlock*", "paths: thread: a ( is not closed"),
        ("(come in", "(come in & in", "paths: '&' has no meaning; there are names, ( ) | ? * and +"),
        (
            "(more)?",
            "(more)* more",
            "paths: behind in_in the event more may mean two places of the text; write it so that it means one",
        ),
        ('thread = "', 'threads = "', "paths: there is neither `thread` nor `interrupt`"),
        (
            "[objects.box]",
            'interrupt = "(come)*"\n[objects.box]',
            "paths: come is an event of both `thread` and `interrupt`",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tables: Tables, old: str, new: str, why: str) -> None:
    assert tables.refused((old, new)) == why


def test_a_rule_that_is_no_table_is_refused(tables: Tables) -> None:
    tail = TABLE[TABLE.index("[[step]]") :]
    for kind in ("step", "see"):
        assert (
            tables.refused((tail, ""), ("hidden", f"{kind} = [1]\nhidden"))
            == f"{kind}{' at ?' if kind == 'see' else ''}: is no table"
        )


def test_what_is_no_toml_is_told_with_its_line(tables: Tables) -> None:
    assert tables.refused(("config =", "config")).startswith("is not TOML: Expected '=' after a key")
    tables.path.write_bytes(b"config = '\xff'")
    with pytest.raises(InputError, match="is not TOML"):
        read_table(tables.path)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        read_table(tmp_path / "none.toml")
    assert str(raised.value) == f"{tmp_path / 'none.toml'} cannot be read: No such file or directory"


# --- what does not fit the model --------------------------------------------------------------------------------------


SAY = "say `step`, `hidden`, `own` or `never`"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('hidden = ["buy.pay"]', "hidden = []", f"the model's step buy.pay is not told; {SAY}"),
        ('never = ["look", "look.*"]', 'never = ["look"]', f"the model's step look.leave is not told; {SAY}"),
        ('never = ["look"', 'never = ["buy.pay", "look"', f"the model's step buy.pay is told in two ways; {SAY}"),
        ('hidden = ["buy.pay"]', 'hidden = ["buy.*"]', f"the model's step buy.take is told in two ways; {SAY}"),
        (
            'process = "buy"',
            'process = "buy"\nown = ["buy.pay"]',
            f"the model's step buy.pay is told in two ways; {SAY}",
        ),
        (
            'hidden = ["buy.pay"]',
            'hidden = ["buy.pya"]',
            "the model has no step 'buy.pya' in this configuration; did you mean 'buy.pay'?",
        ),
        (
            'action = "unlock"',
            'action = ["unlock", "unlok"]',
            "the model has no step 'unlok' in this configuration; did you mean 'unlock'?",
        ),
        (
            'never = ["look", "look.*"]',
            'never = ["look", "look.*", "sing.*"]',
            "the model has no step 'sing.*' in this configuration; known: buy, buy.pay, buy.take, look, look.leave, unlock",
        ),
        (
            'action = "unlock"',
            'action = ["unlock", "look.leave"]',
            "the rule unlock and look.leave: its steps are not taken by members of one kind",
        ),
        ('process = "buy"', 'process = "by"', "the rule at out: the model has no process 'by'"),
    ],
)
def test_what_does_not_fit_the_model_is_told(tables: Tables, old: str, new: str, why: str) -> None:
    assert tables.refused((old, new)) == why


def test_own_steps_are_of_the_member_whom_the_event_is_about(tables: Tables) -> None:
    nobody = ('process = "buy"\nbefore = ["at(m.buy, None, t)"]', 'own = ["buy.pay"]')
    found = tables.refused(nobody, ('hidden = ["buy.pay"]', "hidden = []"))
    assert found == "the rule at out: its own steps are not taken by the same member"


def test_an_object_in_a_condition_is_of_a_scalarset_of_the_model(tables: Tables) -> None:
    found = tables.refused(('type = "Box"', 'type = "Bag"'))
    assert found == "the rule buy: the object box is no member of a Scalarset of the model"


def test_what_is_no_expression_is_told_with_its_line(tables: Tables) -> None:
    line = TABLE[: TABLE.index("at(m.buy, None, t)")].count("\n") + 1
    found = tables.refused(("at(m.buy, None, t)", "at(m.buy, None, t"))
    assert found == f"{line}: 'at(m.buy, None, t' is no expression: '(' was never closed"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('"at(m.buy, None, t)"', '"m.taken[t]"', "Task"),
        ('"at(m.buy, None, t)"', '"m.opened"', "opened"),
        ('"at(m.buy, None, t)"', '"nothing == 1"', "nothing"),
        ('"at(m.buy, None, t)"', '"[x for x in range(3)]"', ""),
        ('"at(m.buy, None, t)"', '"1 + 1"', ""),
        ('"at(m.buy, None, t)"', "\"at(m.buy, 'fly', t)\"", "fly"),
        ("ret == more", "ret == more == m.taken", ""),
    ],
)
def test_a_condition_outside_the_language_is_shown_where_it_stands(
    tables: Tables, old: str, new: str, what: str
) -> None:
    with pytest.raises(SpecError) as raised:
        tables.observer((old, new))
    (found, *_) = raised.value.diagnostics
    line, column = next(
        (n, line.index(new.strip('"'))) for n, line in enumerate(tables.path.read_text().splitlines(), 1) if new in line
    )
    assert (found.span.path, found.span.line) == (str(tables.path), line)
    assert column <= found.span.col < column + len(new)
    assert what in str(raised.value)


def test_conditions_may_name_the_objects_in_hand_the_values_and_the_numbers_of_the_table(
    tables: Tables, spec: Specification
) -> None:
    table = tables.read(
        ("values = {", 'with = { b = "box" }\nvalues = {'),
        ("ret == more", "ret == more + many"),
        ("[paths]", "[constants]\nmany = 2\n[paths]"),
    )
    assert observer(spec, table).moves[1].asked == (("more", "ret"),)
    assert observer(spec, table, {"many": 3}).moves[1] != observer(spec, table).moves[1]


def test_all_conditions_that_are_wrong_are_told_together(tables: Tables) -> None:
    with pytest.raises(SpecError) as raised:
        tables.observer(("at(m.buy, None, t)", "m.no"), ("ret == more", "m.nor"))
    assert len(raised.value.diagnostics) == 2


def test_eager_steps_are_hidden_ones_with_a_condition(tables: Tables) -> None:
    watched = tables.observer(("[paths]", '[eager]\n"buy.pay" = "m.open"\n[paths]'))
    (eager,) = watched.eager
    assert (eager.name, eager.body[1:]) == ("buy.pay", watched.hidden[0].body)


def test_a_pattern_means_every_step_that_it_fits(tables: Tables) -> None:
    watched = tables.observer(
        ('hidden = ["buy.pay"]', 'hidden = ["buy.*"]'),
        ('[[step]]\naction = "buy.take"\nfrom = "in_in"\nto = "in_out"', '[[see]]\nprocess = "buy"\nat = "in_out"'),
    )
    assert [a.name for a in watched.hidden] == ["buy.take", "buy.pay"]
