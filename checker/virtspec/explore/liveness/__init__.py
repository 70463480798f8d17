"""Liveness: does every fair behaviour satisfy a temporal formula?

automaton     formulas as automata that accept the behaviours which satisfy them
fair          strongly connected components in which a fair behaviour can stay for ever
"""
