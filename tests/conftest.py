"""Settings of the whole suite: Hypothesis draws the same examples on every machine and in every run."""

from hypothesis import settings

# No data base and no deadline: what passed once must not fail later because of an earlier run or a busy machine.
settings.register_profile("virtspec", derandomize=True, database=None, deadline=None, print_blob=True)
settings.load_profile("virtspec")
