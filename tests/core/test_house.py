"""The picture in CONTRIBUTING.md against the code."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "glassy_core"
MODULES = sorted(path.stem for path in CORE.glob("*.py") if not path.stem.startswith("__"))
PICTURE = re.findall(r"^      (\w+)\.py ", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)


def imported(path):
    """Core modules that a file imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "glassy_core":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("glassy_core."):
            found.add(node.module.split(".")[1])
    return found & {*MODULES, "ui"}


def test_the_picture_shows_every_module_once():
    assert sorted(PICTURE) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_upward(name):
    above = set(PICTURE[: PICTURE.index(name)])
    assert imported(CORE / f"{name}.py") <= above


def test_only_the_ui_imports_streamlit():
    imports = "".join(f"import glassy_core.{name}\n" for name in MODULES)
    code = f"import sys\n{imports}print('streamlit' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
