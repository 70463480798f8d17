# A file without a model.
# expect: VS002 at 1:1 `#`
# hint: a model is a class that derives from virtspec.Model
from virtspec import *


class Task(Scalarset):
    """A thread."""
