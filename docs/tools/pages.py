"""The pages of the documentation, and the blocks of code on them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

FENCE = re.compile(r"^( *)```(\S*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"<!-- (run|same as|shown|http)(?:: ([^>]*?))? -->\n *$")


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    code: str
    # What a comment before the block says: `run`, `same as: FILE`, `shown: WHY`.
    mark: str
    detail: str

    def __str__(self):
        return f"{self.page.relative_to(ROOT)}:{self.line} ({self.language})"


def site():
    return sorted(page for page in DOCS.rglob("*.md") if "node_modules" not in page.parts)


def pages():
    """Those of the site, and those that are read in the repository or on a registry."""
    found = site()
    names = ("README", "ARCHITECTURE", "CONTRIBUTING", "CHANGELOG", "SECURITY", "ABI")
    found += [ROOT / f"{name}.md" for name in names]
    found += sorted((ROOT / ".github").rglob("*.md"))
    return found


def blocks(page):
    text = page.read_text()
    for match in FENCE.finditer(text):
        before = text[: match.start()]
        mark = MARK.search(before)
        yield Block(
            page,
            before.count("\n") + 1,
            match.group(2),
            re.sub(rf"^{match.group(1)}", "", match.group(3), flags=re.MULTILINE),
            mark.group(1) if mark else "",
            (mark.group(2) or "").strip() if mark else "",
        )


def without_code(text):
    """The text of a page without its blocks and comments."""
    return re.sub(r"<!--.*?-->", "", FENCE.sub("", text), flags=re.DOTALL)
