"""Machine code is kept by all that it depends on."""

import os
import re
from pathlib import Path

import pytest

from virtspec.explore.native import jit, library
from virtspec.explore.native.library import SOURCES, digest

HERE = Path(library.__file__).parent


def test_every_file_with_kernels_or_parts_of_them_counts() -> None:
    found = {path.name for path in HERE.glob("*.py") if re.search(r"^@(kernel|part)\b", path.read_text(), re.MULTILINE)}
    assert found == set(SOURCES) - {"compiling.py"}


@pytest.mark.parametrize("changed", SOURCES)
def test_another_version_of_any_of_them_has_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    for name in SOURCES:
        (tmp_path / name).write_bytes((HERE / name).read_bytes())
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    before = digest()
    assert digest() == before
    (tmp_path / changed).write_text((tmp_path / changed).read_text() + "# more\n")
    assert digest() != before


def test_so_has_another_version_of_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest()
    monkeypatch.setattr(library, "NUMBA", "0.1")
    assert digest() != before


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert str(jit.folder()).startswith("/elsewhere/virtspec/objects-")


def test_what_is_kept_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = []

    def make() -> bytes:
        made.append(1)
        return b"code"

    assert [jit.kept("a", make), jit.kept("a", make), jit.kept("b", make)] == [b"code"] * 3
    assert len(made) == 2
    assert sorted(path.name for path in jit.folder().iterdir()) == ["a.o", "b.o"]


def test_where_nothing_can_be_kept_it_is_made_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    made: list[int] = []
    for count in (1, 2):
        assert jit.kept("a", lambda: bytes(made.append(1) or b"code")) == b"code"  # type: ignore[func-returns-value]
        assert len(made) == count


def test_what_was_not_used_for_longest_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(jit, "MOST_KEPT", 6)
    for i in range(6):
        jit.kept(f"code-{i}", lambda: b"code")
        os.utime(jit.folder() / f"code-{i}.o", (i, i))
    jit.kept("code-0", lambda: b"other")
    jit.kept("code-6", lambda: b"code")
    assert sorted(path.stem for path in jit.folder().iterdir()) == ["code-0", "code-5", "code-6"]


def test_code_of_systems_does_not_drive_out_kernels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(jit, "MOST_KEPT", 4)
    jit.kept("graph_kernels-way-0", lambda: b"kernel")
    for number in range(9):
        jit.kept(f"code-{number}", lambda: b"code")
    names = {path.name for path in jit.folder().iterdir()}
    assert "graph_kernels-way-0.o" in names
    assert len(names) <= 5
