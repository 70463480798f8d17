"""One module per verb: its help text (the module's docstring), its arguments, and `run`, which returns the exit code.

A verb imports `virtspec.api` inside `run`, so that `--help` and a mistyped option cost nothing.
"""
