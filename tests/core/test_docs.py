"""What the documents name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "data" / "README.md"])
TESTS = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
PLACES = (ROOT, ROOT / "glassy_core", ROOT / "data")
LIBRARY = "music21/"


def is_there(name):
    return name.startswith(LIBRARY) or name in TESTS or any((place / name).exists() for place in PLACES)


def named(text):
    """Files of Python that a document names in backticks, with the function named after them where one is."""
    return re.findall(r"`([\w./]+\.py)(?:::(\w+))?[`: ]", text)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_a_document_names_are_there(path):
    for name, function in named(path.read_text(encoding="utf-8")):
        assert is_there(name), name
        if function:
            sources = list((ROOT / "tests").rglob(Path(name).name))
            assert any(f"def {function}(" in place.read_text(encoding="utf-8") for place in sources), function


def test_tables_that_contributing_names_are_there():
    """A table is named in capitals: somebody looks for it to add a row."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "glassy_core").rglob("*.py"))
    tables = set(re.findall(r"`([A-Z][A-Z_]{3,})`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    assert {"DECODINGS", "EDITION_SOURCES", "RULES", "FIGURES", "DRAWINGS"} <= tables
    for table in tables:
        assert re.search(rf"^{table}\b.*=", sources, re.MULTILINE), table


def test_what_the_rule_would_find():
    assert named("see `gone.py`, `tests/x/test_gone.py::test_it`") == [
        ("gone.py", ""),
        ("tests/x/test_gone.py", "test_it"),
    ]
    assert not is_there("gone.py")
    assert is_there("network/rules.py")
