# What a budget looks at is no stretch of a behaviour.
# expect: VS509 at 52:12 `spent("lock", start=m.on)`
# hint: start=... with stop=..., or call=m.process with or without by=..., or call=m.action, or nothing: the whole run
# expect: VS509 at 57:12 `spent("lock", start=m.on, stop=m.on, call=m.toggle)`
# hint: start=... with stop=..., or call=m.process with or without by=..., or call=m.action, or nothing: the whole run
# expect: VS509 at 62:12 `spent("lock", by=t)`
# hint: start=... with stop=..., or call=m.process with or without by=..., or call=m.action, or nothing: the whole run
# expect: VS509 at 67:31 `m.togle`
# hint: start=... with stop=..., or call=m.process with or without by=..., or call=m.action, or nothing: the whole run
# expect: VS509 at 72:31 `m.toggle`
# hint: start=... with stop=..., or call=m.process with or without by=..., or call=m.action, or nothing: the whole run
# expect: VS509 at 77:31 `m.helper`
# hint: start=... with stop=..., or call=m.process with or without by=..., or call=m.action, or nothing: the whole run
# expect: VS509 at 82:31 `Toggle.toggle`
# hint: start=... with stop=..., or call=m.process with or without by=..., or call=m.action, or nothing: the whole run
# expect: VS509 at 87:41 `m.owner`
# hint: start=... with stop=..., or call=m.process with or without by=..., or call=m.action, or nothing: the whole run
# expect: VS201 at 92:41 `1`
# hint: the types must agree as they are declared; nothing is converted
# expect: VS501 at 97:41 `choose(Task)`
# hint: properties only look at states
# expect: VS501 at 102:32 `m.helper()`
# hint: properties only look at states
from virtspec import *


class Task(Scalarset, size=2):
    """A thread."""


class Toggle(Model):
    on: bool
    owner: Task

    def helper(self) -> bool:
        self.on = not self.on
        return self.on

    @action
    def toggle(self) -> None:
        self.helper()
        cost("lock")

    @process
    def run(self, t: Task) -> Steps:
        yield "end"
        self.owner = t


@budget(Toggle)
def without_an_end(m: Toggle) -> Budget:
    return spent("lock", start=m.on) <= 1


@budget(Toggle)
def both_kinds(m: Toggle) -> Budget:
    return spent("lock", start=m.on, stop=m.on, call=m.toggle) <= 1


@budget(Toggle)
def by_somebody(m: Toggle, t: Task) -> Budget:
    return spent("lock", by=t) <= 1


@budget(Toggle)
def misspelt(m: Toggle) -> Budget:
    return spent("lock", call=m.togle) <= 1


@budget(Toggle)
def by_whom(m: Toggle, t: Task) -> Budget:
    return spent("lock", call=m.toggle, by=t) <= 1


@budget(Toggle)
def neither_action_nor_process(m: Toggle) -> Budget:
    return spent("lock", call=m.helper) <= 1


@budget(Toggle)
def not_of_the_state(m: Toggle) -> Budget:
    return spent("lock", call=Toggle.toggle) <= 1


@budget(Toggle)
def by_whoever_it_is(m: Toggle) -> Budget:
    return spent("lock", call=m.run, by=m.owner) <= 1


@budget(Toggle)
def by_a_number(m: Toggle) -> Budget:
    return spent("lock", call=m.run, by=1) <= 1


@budget(Toggle)
def by_a_choice(m: Toggle) -> Budget:
    return spent("lock", call=m.run, by=choose(Task)) <= 1


@budget(Toggle)
def with_an_effect(m: Toggle) -> Budget:
    return spent("lock", start=m.helper(), stop=m.on) <= 1
