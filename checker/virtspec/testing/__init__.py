"""Tests with Hypothesis, of engines and of implementations. Needs the extra: `pip install virtspec[testing]`.

    from virtspec.testing import systems                    random specifications, to compare engines on
    from virtspec.testing import machine, run, Adapter      random behaviours of a model, and an implementation beside it

The layer above `api`: nothing below may import it.
"""

from virtspec.testing.machine import DETERMINISTIC, Adapter, Failure, machine, run
from virtspec.testing.systems import RandomSpecification, specifications, systems

__all__ = [
    "DETERMINISTIC",
    "Adapter",
    "Failure",
    "RandomSpecification",
    "machine",
    "run",
    "specifications",
    "systems",
]
