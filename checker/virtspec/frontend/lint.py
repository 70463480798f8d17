"""Steps that may be larger than the code they model: what each touches of the shared state, and under which locks.

A step is atomic. One that touches shared state twice hides whatever others could do in between, and with it bugs;
nothing but the author knows whether the kernel's code is atomic there. So every process step that touches shared state
more than once has to hold a lock meanwhile, or to say `atomic("why")`. What counts as one touch:

- one read or one write of one field or entry, however often one statement names it;
- everything from taking a lock to letting go of it, touches in between included;
- a call of a method that says itself why it is atomic;
- but a read of many entries (`any(self.busy[t] for t in Task)`) counts twice.

Not shared are locals, fields that nobody writes, tables of which everybody touches his own entry only, and fields that
a Singleton has for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from virtspec.frontend.load import Specification
from virtspec.frontend.scope import Event
from virtspec.ir.nodes import Assign, Const, Expr, Fault, If, Index, Let, Not, Read, Stmt, Var
from virtspec.ir.system import Action
from virtspec.ir.text import expr_text
from virtspec.ir.types import TableType
from virtspec.ir.walk import bound_var, children, expressions, free_vars, statements, subexpressions, substitute
from virtspec.lang.domains import Singleton
from virtspec.source import Span

SHOWN = 4
"""How many touches the message of a finding names."""
REMEDY = 'put a yield between them, hold a lock meanwhile, or say why it is one step: atomic("...")'


@dataclass(frozen=True)
class Access:
    """One touch of the shared state: `what` is written as in the specification."""

    kind: str
    """"reads", "writes", "scans" (many entries), "acquires", "tries", "releases" or "calls"."""
    what: str
    span: Span
    locks: tuple[str, ...] = ()
    """The locks held meanwhile."""

    def __str__(self) -> str:
        under = f", holding {', '.join(self.locks)}" if self.locks else ""
        return f"{self.kind} {self.what}{under}"


@dataclass(frozen=True)
class Finding:
    """A step that touches shared state more than once. `span` is where a yield could stand: before the second touch."""

    action: str
    span: Span
    message: str
    accesses: tuple[Access, ...]
    """All touches on the longest path through the step, in order."""
    remedy: str = REMEDY


def lint(spec: Specification) -> list[Finding]:
    """The findings of a specification, in the order of its actions."""
    shared = shared_fields(spec)
    held = locks_on_entry(spec, shared)
    findings = []
    for action in spec.system.actions:
        if action.process is not None and action.atomic is None:
            path = worst(_run(action, spec, shared, held.get(action.name, frozenset())))
            if path.weight > 1:
                findings.append(_finding(action, path))
    return findings


def render(findings: Iterable[Finding]) -> str:
    """The findings as people read them: place, step, the touches one a line, the remedy."""
    lines = []
    for f in findings:
        lines.append(f"{f.span}: {f.action}: {f.message}")
        for access in f.accesses:
            lines.append(f"    {access.span}: {access}")
        lines.append(f"    = hint: {f.remedy}")
    return "\n".join(lines)


def survey(spec: Specification) -> dict[str, tuple[Access, ...]]:
    """What every step touches of the shared state, in order, on the path that touches most."""
    shared = shared_fields(spec)
    held = locks_on_entry(spec, shared)
    runs = {a.name: worst(_run(a, spec, shared, held.get(a.name, frozenset()))) for a in spec.system.actions}
    return {name: path.accesses for name, path in runs.items()}


def _finding(action: Action, path: Path) -> Finding:
    where = path.accesses[path.units[:2][-1]].span
    first = [f"{path.accesses[unit].kind} {path.accesses[unit].what}" for unit in path.units]
    what = ", ".join(first[:SHOWN]) + (f" and {len(first) - SHOWN} more" if len(first) > SHOWN else "")
    return Finding(action.name, where, f"touches shared state more than once: {what}", path.accesses)


# --- what is shared --------------------------------------------------------------------------------------------------


def shared_fields(spec: Specification) -> frozenset[str]:
    """The fields by which processes and their environment can notice each other."""
    touched: dict[str, list[tuple[Action, bool]]] = {}
    written: set[str] = set()
    for action in spec.system.actions:
        for stmt in statements(action.body):
            if isinstance(stmt, Assign):
                written.add(stmt.field)
                touched.setdefault(stmt.field, []).append((action, _own(action, stmt.keys[:1])))
            for e in expressions(stmt):
                for name, own in _reads(action, e):
                    touched.setdefault(name, []).append((action, own))
    names = {f.name for f in spec.system.fields if f.role == "shared"} & written
    return frozenset(n for n in names if not all(own for _, own in touched[n]) and not _of_one(spec, touched[n]))


def _own(action: Action, keys: tuple[Expr, ...]) -> bool:
    """Whether an access by these keys is to the entry of who runs the action."""
    return action.process is not None and keys == (action.params[0],)


def _reads(action: Action, e: Expr) -> Iterator[tuple[str, bool]]:
    """Every read of a field in `e`, and whether it is the runner's own entry."""
    match e:
        case Index(Read(name), key) if _own(action, (key,)):
            yield name, True
        case Read(name):
            yield name, False
        case _:
            for part in children(e):
                yield from _reads(action, part)


def _of_one(spec: Specification, touches: list[tuple[Action, bool]]) -> bool:
    """Whether all touches are by processes of one Singleton."""
    runners = {a.params[0].type if a.process is not None else None for a, _ in touches}
    if len(runners) != 1:
        return False
    (runner,) = runners
    cls = None if runner is None else spec.unit.registry.classes.get(runner)
    return cls is not None and issubclass(cls, Singleton)


# --- paths through a step --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Path:
    """One way through a step, up to some point."""

    held: frozenset[str]
    env: tuple[tuple[Var, bool], ...] = ()
    """Variables whose truth is known on this path."""
    accesses: tuple[Access, ...] = ()
    units: tuple[int, ...] = ()
    """Where in `accesses` each further touch begins."""
    weight: int = 0
    """How many touches count."""
    section: bool = False
    """Whether the last touch is a stretch under locks that goes on."""
    end: str | None = None
    """The location reached; "" where the path ends in a fault."""

    def touch(self, kind: str, what: str, span: Span, weight: int = 1) -> Path:
        """The path with one more touch; taking a lock begins a stretch that is one touch as a whole."""
        access = Access(kind, what, span, tuple(sorted(self.held)))
        more = replace(self, accesses=(*self.accesses, access))
        if self.section:
            return more
        section = bool(self.held) or kind == "acquires"
        return replace(more, units=(*self.units, len(self.accesses)), weight=self.weight + weight, section=section)

    def truth(self, e: Expr) -> bool | None:
        """The value of a condition, where it is known."""
        match e:
            case Const(bool(value)):
                return value
            case Not(inner):
                known = self.truth(inner)
                return None if known is None else not known
            case Var():
                return dict(self.env).get(e)
            case _:
                return None

    def knowing(self, e: Expr, value: bool) -> Path:
        """The path on which a condition has this value."""
        match e:
            case Not(inner):
                return self.knowing(inner, not value)
            case Var():
                return replace(self, env=tuple({**dict(self.env), e: value}.items()))
            case _:
                return self


def worst(paths: list[Path]) -> Path:
    """The path with the most touches, the first of them."""
    return max(paths, key=lambda p: (p.weight, len(p.accesses)), default=Path(frozenset()))


@dataclass
class _Walk:
    """Follows every path through one step."""

    action: Action
    shared: frozenset[str]
    quiet: bool = False
    """Set inside a method that counts as one touch."""
    touched: bool = False
    """Whether something shared was met while quiet."""
    keys: dict[Var, Expr] = field(default_factory=dict)
    """What the compiler's own variables for keys stand for."""

    def block(self, events: Iterable[Event], paths: list[Path]) -> list[Path]:
        for event in events:
            ended = [p for p in paths if p.end is not None]
            going = [p for p in paths if p.end is None]
            paths = merged([*ended, *(after for p in going for after in self.event(event, p))])
        return paths

    def event(self, event: Event, path: Path) -> list[Path]:
        match event.kind:
            case "end":
                return [replace(path, end=event.name)]
            case "if":
                return self.fork(event, path)
            case "stmt":
                assert event.stmt is not None
                return [self.stmt(event.stmt, path)]
            case _:
                return self.method(event, path)

    def fork(self, event: Event, path: Path) -> list[Path]:
        assert isinstance(event.stmt, If)
        cond = event.stmt.cond
        path = self.reads(event.stmt, path)
        known = path.truth(cond)
        found = []
        for value, part in zip((True, False), event.parts, strict=True):
            if known is None or known is value:
                found += self.block(part, [path.knowing(cond, value)])
        return found

    def stmt(self, stmt: Stmt, path: Path) -> Path:
        path = self.reads(stmt, path)
        match stmt:
            case Assign(name, keys, _, span) if name in self.shared:
                self.touched = True
                what = name + "".join(f"[{self.shown(k)}]" for k in keys)
                return path if self.quiet else path.touch("writes", what, span)
            case Let(v, value):
                if v.name.rstrip("_0123456789").endswith("_key"):
                    self.keys[v] = value
                known = path.truth(value)
                return path if known is None else path.knowing(v, known)
            case Fault():
                return replace(path, end="")
            case _:
                return path

    def reads(self, stmt: Stmt, path: Path) -> Path:
        """The path with what the statement reads, each field or entry once."""
        for e, scanned in _shared_reads(stmt, self.shared):
            self.touched = True
            if not self.quiet:
                kind, weight = ("scans", 2) if scanned else ("reads", 1)
                path = path.touch(kind, self.shown(e), stmt.span, weight)
        return path

    def shown(self, e: Expr) -> str:
        """An expression as the author would write it."""
        return expr_text(substitute(e, {v: self.keys[v] for v in free_vars(e) if v in self.keys}))

    def method(self, event: Event, path: Path) -> list[Path]:
        """A method that takes a lock, lets go of one, or is atomic for a reason it gives: one touch."""
        inner = _Walk(self.action, self.shared, quiet=True, keys=self.keys)
        after = inner.block(event.parts[0], [path])
        self.touched |= inner.touched
        found = []
        for p in after:
            if event.kind == "atomic":
                found.append(p.touch("calls", event.name, event.span) if inner.touched and not self.quiet else p)
            elif event.kind == "acquires":
                failed = event.result is not None and p.truth(event.result) is False
                done = p if self.quiet else p.touch("tries" if failed else "acquires", event.name, event.span)
                found.append(done if failed else replace(done, held=p.held | {event.name}))
            else:
                done = p if self.quiet else p.touch("releases", event.name, event.span)
                left = done.held - {event.name}
                found.append(replace(done, held=left, section=done.section and bool(left)))
        return found


def _shared_reads(stmt: Stmt, shared: frozenset[str]) -> list[tuple[Expr, bool]]:
    """The fields and entries that a statement reads, in order, each once, and whether it runs through many entries."""
    found: dict[Expr, bool] = {}

    def visit(e: Expr, bound: frozenset[Var]) -> None:
        base, keys = e, []
        while isinstance(base, Index):
            keys.append(base.key)
            base = base.table
        if isinstance(base, Read):
            for key in reversed(keys):
                visit(key, bound)
            if base.field in shared:
                many = any(v in bound for key in keys for v in subexpressions(key) if isinstance(v, Var))
                found.setdefault(e, many or _whole_table(e))
            return
        v = bound_var(e)
        inside = bound if v is None else bound | {v}
        for part in children(e):
            visit(part, inside)

    for root in expressions(stmt):
        visit(root, frozenset())
    return list(found.items())


def _whole_table(e: Expr) -> bool:
    return isinstance(e.type, TableType)


def merged(paths: list[Path]) -> list[Path]:
    """The paths, of those that differ in nothing but what they touched only the worst: more are never needed."""
    best: dict[object, Path] = {}
    for p in paths:
        key = (p.held, p.env, p.section, p.end)
        old = best.get(key)
        if old is None or (p.weight, len(p.accesses)) > (old.weight, len(old.accesses)):
            best[key] = p
    return list(best.values())


def _run(action: Action, spec: Specification, shared: frozenset[str], held: frozenset[str]) -> list[Path]:
    return _Walk(action, shared).block(spec.unit.events[action.name], [Path(held)])


def locks_on_entry(spec: Specification, shared: frozenset[str]) -> dict[str, frozenset[str]]:
    """Per step of a process the locks held when it begins, whichever way it was come to."""
    by_location = {(a.process, a.location): a for a in spec.system.actions if a.process}
    entry: dict[str, frozenset[str]] = {}
    pending = [a for a in by_location.values() if a.name == a.process]
    entry.update((a.name, frozenset()) for a in pending)
    while pending:
        action = pending.pop()
        for path in _run(action, spec, shared, entry[action.name]):
            after = by_location.get((action.process or "", path.end))
            if after is None or after.name == after.process:
                continue  # a fault, or idle again: nothing is held at a new call
            now = entry.get(after.name, path.held) & path.held
            if now != entry.get(after.name):
                entry[after.name] = now
                pending.append(after)
    return entry
