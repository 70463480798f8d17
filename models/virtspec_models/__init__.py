"""The shipped corpus: one package for each mechanism of the kernel, and the building blocks they share.

A model is plain text to the checker, which reads it through `virtspec.frontend` and never runs it. So models import
the language (`from virtspec import ...`) and each other, and nothing that searches, solves or tests.
"""
