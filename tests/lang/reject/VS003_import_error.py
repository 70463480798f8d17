# A file that raises while it is imported.
# expect: VS003 at 5:1 `from virtspec_models.no_such_mechanism import Lock`
# hint: run it with python to see where that comes from
from virtspec import *
from virtspec_models.no_such_mechanism import Lock


class Count(Model):
    lock: Lock
