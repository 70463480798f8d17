# Statements and expressions the language does not have.
# expect: VS301 at 83:9 `global seen`
# hint: make it a field of the model
# expect: VS301 at 84:9 `try:`
# hint: use fault("message") or require(condition)
# expect: VS301 at 88:9 `with open("log"):`
# hint: call acquire and release methods
# expect: VS301 at 90:9 `a = b = 1`
# hint: one assignment a statement
# expect: VS311 at 91:9 `c, d`
# hint: assign fields, their entries and locals; records with replace(...)
# expect: VS301 at 92:9 `while self.n > 0`
# hint: loop with for over a finite type
# expect: VS301 at 94:9 `match self.n:`
# hint: use if and elif
# expect: VS301 at 97:9 `del self.n`
# hint: assign the value that means absent
# expect: VS301 at 98:9 `import os`
# hint: import at the top of the file
# expect: VS301 at 99:9 `raise ValueError`
# hint: use fault("message") or require(condition)
# expect: VS301 at 100:9 `def inner`
# hint: define it at the top of the file
# expect: VS301 at 104:18 `self.n ** 2`
# hint: for integers: +, -, *, //, %
# expect: VS301 at 105:18 `self.n / 2`
# hint: for integers: +, -, *, //, %
# expect: VS301 at 106:18 `(lambda: 1)()`
# hint: call a method, a function or a builtin by its name
# expect: VS301 at 107:22 `[u for u in Task]`
# hint: use all/any/sum, a set or a Seq
# expect: VS301 at 108:18 `sum([1, 2])`
# hint: all/any/sum(... for x in T), len(x), min/max(a, b)
# expect: VS301 at 109:29 `k := self.n`
# hint: assign in a statement of its own
# expect: VS301 at 110:25 `1:`
# hint: take one item: seq[0], seq[-1]
# expect: VS301 at 111:22 `self.some ^ self.some`
# hint: for a set: |, &, -
# expect: VS301 at 112:17 `self.statements`
# hint: call it: self.statements()
# expect: VS301 at 113:19 `index`
# hint: members are only compared
# expect: VS301 at 114:27 `0.5`
# hint: use bool, int, a member of an enum or None
# expect: VS301 at 115:9 `self.q.extend(self.q)`
# hint: a Seq[Task, 2] has append(x), appendleft(x), popleft(), pop(), remove(x), clear()
# expect: VS301 at 116:9 `self.q.append(t, t)`
# hint: a Seq[Task, 2] has append(x), appendleft(x), popleft(), pop(), remove(x), clear()
# expect: VS301 at 117:9 `self.some.pop()`
# hint: a set[Task] has add(x), discard(x), remove(x), clear()
# expect: VS301 at 118:18 `max(self.n, 1, key=None)`
# hint: all/any/sum(... for x in T), len(x), min/max(a, b)
# expect: VS301 at 119:18 `self.n.bit_length`
# hint: only methods of the model, a component, a set or a Seq exist
# expect: VS301 at 120:17 `f"{t}"`
# hint: messages are literal strings
# expect: VS308 at 121:15 `*[t]`
# hint: what varies belongs into the state, which every trace shows
# expect: VS301 at 122:28 `{}`
# hint: pass arguments one by one
# expect: VS301 at 124:23 `args: Task`
# hint: name every parameter
# expect: VS301 at 126:6 `staticmethod`
# hint: what runs must be what stands there
# expect: VS301 at 127:16 `t: Task`
# hint: the first parameter is called self
from typing import Annotated
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Outside(Model):
    n: Annotated[int, Range(0, 3)]
    q: Annotated[Seq[Task], Cap(2)]
    some: set[Task]

    @action
    def statements(self, t: Task) -> None:
        global seen
        try:
            self.n = 1
        except KeyError:
            pass
        with open("log"):
            pass
        a = b = 1
        c, d = 1, 2
        while self.n > 0:
            self.n -= 1
        match self.n:
            case 1:
                pass
        del self.n
        import os
        raise ValueError
        def inner() -> None: ...

    @action
    def expressions(self, t: Task) -> None:
        self.n = self.n ** 2
        self.n = self.n / 2
        self.n = (lambda: 1)()
        self.n = len([u for u in Task])
        self.n = sum([1, 2])
        self.n = self.n if (k := self.n) else 0
        self.q = self.q[1:]
        require(t in self.some ^ self.some)
        require(self.statements)
        require(t.index == 0)
        require(self.n == 0.5)
        self.q.extend(self.q)
        self.q.append(t, t)
        self.some.pop()
        self.n = max(self.n, 1, key=None)
        self.n = self.n.bit_length()
        require(f"{t}")
        fault(*[t])
        self.expressions(**{})

    def helper(self, *args: Task) -> None: ...

    @staticmethod
    def static(t: Task) -> None: ...

    @action
    def callers(self, t: Task) -> None:
        self.helper(t)
        self.static(t)
