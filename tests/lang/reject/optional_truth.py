# An optional is no truth value: None and False are not told apart.
# expect: VS201 at 19:17 `self.answer`
# hint: compare with None
# expect: VS201 at 20:22 `self.answer`
# hint: compare with None
# expect: VS201 at 21:29 `self.answer`
# hint: compare with None
# expect: VS201 at 22:12 `self.answer`
# hint: compare with None
from virtspec import *


class Truth(Model):
    answer: bool | None
    n: bool

    @action
    def step(self) -> None:
        require(self.answer)
        self.n = not self.answer
        self.n = self.n and self.answer
        if self.answer:
            self.n = True
