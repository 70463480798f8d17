"""Do the documents lead somewhere? Links, their anchors, and the index of docs/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
LINK = r"\]\(([^)\s]+)\)"


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What a link into a page may name: its headings as GitHub spells them, and explicit anchors."""
    text = prose(page)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(LINK, prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page}: {link}"
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), f"{page}: {link}"


@pytest.mark.parametrize("index", sorted(DOCS.rglob("README.md")), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_page_of_the_documentation_is_in_its_index(index: Path) -> None:
    """A folder with an index of its own is in the index above it by that page alone."""
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in re.findall(LINK, prose(index))}
    below = [other.parent for other in index.parent.rglob("README.md") if other != index]
    pages = {
        page
        for page in index.parent.rglob("*.md")
        if page != index and (page.name == "README.md" or not any(page.is_relative_to(folder) for folder in below))
    }
    assert pages - linked == set()
