"""Random specifications: they compile, are the same in every run, stay small and shrink."""

import hashlib
import os
import random
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, find, given, settings

from virtspec.explore.oracle import check
from virtspec.explore.report import Limits
from virtspec.testing import RandomSpecification, specifications, systems

WITHOUT_CHECKS = settings(suppress_health_check=list(HealthCheck), max_examples=150)


@WITHOUT_CHECKS
@given(systems())
def test_a_random_specification_compiles_and_reads_as_a_file(drawn: RandomSpecification) -> None:
    assert drawn.system.name == "Random"
    assert repr(drawn) == f"'''\n{drawn.text}'''"
    assert drawn.text.startswith('"""A random specification."""\n\nfrom ')
    assert drawn.text.endswith("\n") and not drawn.text.endswith("\n\n")
    assert all(line == line.rstrip() for line in drawn.text.splitlines())
    assert len(drawn.properties) == len(drawn.system.declared)
    compile(drawn.text, "random", "exec")


def test_most_are_small() -> None:
    sizes: list[int] = []

    @WITHOUT_CHECKS
    @given(systems())
    def measure(drawn: RandomSpecification) -> None:
        sizes.append(check(drawn.system, only=(), limits=Limits(states=301)).states)

    measure()
    assert sum(size > 300 for size in sizes) < len(sizes) / 5  # one in thirty; at times one in fifteen
    assert sum(size > 3 for size in sizes) > len(sizes) / 2


@pytest.mark.parametrize(("what", "most"), [("set[", 22), pytest.param("@action", 26, marks=pytest.mark.slow)])
def test_examples_shrink_to_short_texts(what: str, most: int) -> None:
    """One of a few does: where Hypothesis gets stuck depends on where it began, and on its version. Those that got there
    soon are tried first.
    """

    def shrunk(seed: int) -> str:
        return find(specifications(), lambda text: what in text, settings=WITHOUT_CHECKS, random=random.Random(seed))

    assert any(len(text.splitlines()) <= most for text in map(shrunk, (3, 4, 2, 1, 0)))


SCRIPT = """
import hashlib
from hypothesis import HealthCheck, given, settings
from virtspec.testing import specifications

texts = []

@settings(max_examples=40, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(specifications())
def collect(text):
    texts.append(text)

collect()
print(hashlib.sha256("".join(texts).encode()).hexdigest())
"""


def test_the_same_draws_give_the_same_text_whatever_the_hash_seed() -> None:
    printed = []
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True)
        printed.append(done.stdout.strip())
    assert printed[0] == printed[1]
    assert len(printed[0]) == hashlib.sha256().digest_size * 2
