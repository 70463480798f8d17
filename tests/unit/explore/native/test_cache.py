"""Compiled kernels are kept by the version of all their sources."""

import re
from pathlib import Path

import pytest

from virtspec.explore.native import intrinsics
from virtspec.explore.native.intrinsics import SOURCES, cache_folder

HERE = Path(intrinsics.__file__).parent


def test_every_file_with_kernels_or_parts_of_them_counts() -> None:
    found = {path.name for path in HERE.glob("*.py") if re.search(r"^@(kernel|part)\b", path.read_text(), re.MULTILINE)}
    assert found == set(SOURCES)


@pytest.mark.parametrize("changed", SOURCES)
def test_another_version_of_any_of_them_has_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    for name in SOURCES:
        (tmp_path / name).write_bytes((HERE / name).read_bytes())
    monkeypatch.setattr(intrinsics, "__file__", str(tmp_path / "intrinsics.py"))
    before = cache_folder()
    assert cache_folder() == before
    (tmp_path / changed).write_text((tmp_path / changed).read_text() + "# more\n")
    assert cache_folder() != before


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert cache_folder().startswith("/elsewhere/virtspec/kernels-")
