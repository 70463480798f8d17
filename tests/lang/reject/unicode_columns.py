# Columns count characters, whatever their size in the file.
# expect: VS109 at 13:65 `hohe`
# hint: did you mean 'höhe'?
from typing import Annotated
from virtspec import *


class Größe(Model):
    höhe: Annotated[int, Range(0, 3)]

    @action
    def wächst(self) -> None:
        self.höhe = self.höhe + (1 if "é" == "é" else 0) + self.hohe
