# `x = yield from self.helper(...)`: a sub-process with a result; early returns; `return yield from` hands it on.
# One runner: idle -> "try.ask" (the answer is picked there) -> with yes "done", with no idle.
# idle, ask, done: steps idle -> ask, ask -> done, ask -> idle, done -> idle.
# states: 3 transitions: 4 depth: 2
# holds: yes
from virtspec import Call, Model, Singleton, Steps, at, choose, invariant, process


class Thread(Singleton):
    """Who runs it."""


class Ask(Model):
    answer: bool

    @process
    def run(self, t: Thread) -> Steps:
        ok = yield from self.attempt(t, patient=True)
        if not ok:
            return
        yield "done"
        self.answer = False

    def attempt(self, t: Thread, patient: bool) -> Call[bool]:
        if not patient:
            return False
        return (yield from self.question(t))

    def question(self, t: Thread) -> Call[bool]:
        yield "ask"
        yes = choose(bool)
        if yes:
            self.answer = True
            return True
        return False


@invariant(Ask)
def yes(m: Ask) -> bool:
    return m.answer == at(m.run, "done")
