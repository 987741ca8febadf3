"""Every file or folder of this repository that the documents name exists, and every relative link leads somewhere."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = r"(?:crates|bench|docs|e2e|examples|openapi|scripts)"
NAMED = re.compile(rf"`({ROOMS}/[A-Za-z0-9_./-]+)`")
LINKED = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def missing(document: Path) -> list[str]:
    text = document.read_text()
    named = [(path, ROOT / path) for path in NAMED.findall(text)]
    linked = [(path, document.parent / path) for path in LINKED.findall(text)]
    where = document.relative_to(ROOT)
    return [f"{where} names {path}, which doesn't exist" for path, target in named + linked if not target.exists()]


complaints = [complaint for document in documents() for complaint in missing(document)]
print(f"{len(documents())} documents read")
sys.exit("\n".join(complaints) or None)
