"""Liveness: does every fair behaviour satisfy a temporal formula?

check         temporal properties of a system, judged with the interpreter
fair          strongly connected components in which a fair behaviour can stay for ever
vacuity       properties that hold because what they speak of never happens

Formulas become automata in `ir.passes.buchi`.
"""
