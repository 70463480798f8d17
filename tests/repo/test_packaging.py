"""The repository is in order: its top level, what its files may say, the size of its modules, which way they import."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = ("checker", "models", "properties")
TOP_LEVEL = {
    *SOURCE_ROOTS,
    *("tests", "docs", ".ci", ".github", ".gitignore", "Makefile", "pyproject.toml"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"),
}
MAX_LINES = 450

# Written with groups and classes, so that this file does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|farm|root)/|/tmp/(?:bash)|/opt/(?:pypi|wheels)|[.][.]/(?:shared)")
INDEX_HOST = re.compile(r"pypi[.](?:org|python)|pythonhosted[.]org|(?:deb|security)[.]debian[.]org|npmjs[.]")


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """What a commit of everything would hold: new files count, ignored ones do not."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = sorted({ROOT / name for name in listing.split("\0") if name})
    return [path for path in paths if path.is_file()]  # a file deleted but not yet committed is still listed


def test_the_top_level_holds_exactly_the_allowed_names(files: list[Path]) -> None:
    assert {path.relative_to(ROOT).parts[0] for path in files} == TOP_LEVEL


@pytest.mark.parametrize("pattern", [MACHINE_PATH, INDEX_HOST], ids=["machine path", "package index host"])
def test_no_file_names_what_only_one_machine_has(files: list[Path], pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        if b"\0" not in (data := path.read_bytes())
        for number, line in enumerate(data.decode(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []


def test_no_module_is_too_long() -> None:
    modules = [path for root in SOURCE_ROOTS for path in sorted((ROOT / root).rglob("*.py"))]
    assert modules
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules}
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_imports_follow_the_layers() -> None:
    pytest.importorskip("importlinter", reason="import-linter comes with virtspec[dev]")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
