"""The picture in CONTRIBUTING.md against the code, and what every public name must say of itself."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "glassy_core"
GROUND = "ground"
# A line of the table: | package | may import |
TABLE = {
    name: words
    for name, words in re.findall(
        r"^\| `?(\w+)`? \| (.+) \|$", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    if name != "package"
}
PACKAGES = sorted(path.name for path in CORE.iterdir() if (path / "__init__.py").exists())
SOURCES = sorted(path for path in CORE.rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
PARTS = {"shell", "results", "components"}  # of the ui, that all pages' folders stand on
LONGEST = 320  # lines
RELATIVE = "a relative import"  # which no room may have: it does not say where it leads
# And for what physics has no use of.
FOR_FILES = set("pathlib json os io shutil tempfile glob mmap pickle sqlite3 torch importlib open".split())
# Of numpy and of arrays: what opens a file, as `open` does.
OPENING = set("open load save savez savez_compressed savetxt loadtxt genfromtxt fromfile tofile memmap".split())
MOST_ENTRIES = 22  # of glassy_core/


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path) for path in SOURCES}


def room(module):
    """The package that a module of glassy_core lies in, or the ground."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in PACKAGES else GROUND


def imported(tree):
    """Modules of glassy_core that a file imports, wherever and however it does, but for names of types alone."""
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for part in node.body  # what stands under its `else` is imported
        for inner in ast.walk(part)
    }
    out = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            out |= {alias.name for alias in node.names if alias.name in MODULES and id(node) not in for_types}
        elif isinstance(node, ast.ImportFrom) and node.level:
            out.add(RELATIVE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "glassy_core":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if id(node) not in for_types:
                    out.add(inner if inner in MODULES else node.module)
        elif isinstance(node, ast.Call):  # import_module, __import__, by whichever name
            names = {part.value for part in node.args if isinstance(part, ast.Constant)}
            out |= names & MODULES - {"glassy_core"}
    return out


def allowed(package, module):
    """Whether the table lets a file of that package import that module. "all but x" is all but the package x."""
    words = TABLE[package]
    if module == RELATIVE:
        return False
    if room(module) == package:
        return True
    if words.startswith("all but "):
        return room(module) not in re.findall(r"\w+", words.removeprefix("all but "))
    names = re.findall(r"`([\w.]+)`", words)
    return any(module == f"glassy_core.{name}" or room(module) == name for name in names)


def arrows(tree, package):
    return sorted(module for module in imported(tree) if not allowed(package, module))


def test_the_table_has_every_package():
    assert sorted(TABLE) == sorted([*PACKAGES, GROUND, "pages"])


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_arrows_are_those_of_the_table(path):
    if path.name in ("__init__.py", "__main__.py") and path.parent == CORE:
        return  # the way in
    assert not arrows(ast.parse(path.read_text(encoding="utf-8")), room(module_of(path)))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_know_the_ui_alone(path):
    assert not arrows(ast.parse(path.read_text(encoding="utf-8")), "pages")


def test_a_forbidden_arrow_is_found():
    late = ast.parse("def look():\n    from glassy_core.runs.store import RunStore\n    return RunStore")
    assert arrows(late, "physics") == ["glassy_core.runs.store"]
    assert arrows(late, "music") == ["glassy_core.runs.store"]
    assert not arrows(late, "jobs")
    assert arrows(ast.parse("from glassy_core.ui import frame"), "commands") == ["glassy_core.ui"]
    assert arrows(ast.parse("import glassy_core.jobs.queue"), "figures") == ["glassy_core.jobs.queue"]
    assert arrows(ast.parse("from glassy_core.network import learning_rule"), "physics")
    assert not arrows(ast.parse("from glassy_core.network.equations import parameter_count"), "physics")
    assert arrows(ast.parse("from glassy_core.paper import task"), "pages") == ["glassy_core.paper.task"]
    for words in (
        "if TYPE_CHECKING:\n    pass\nelse:\n    from glassy_core.runs import store",
        "import importlib\nimportlib.import_module('glassy_core.runs.store')",
        "from importlib import import_module as load\nload('glassy_core.runs.store')",
        "__import__('glassy_core.runs.store')",
    ):
        assert arrows(ast.parse(words), "physics") == ["glassy_core.runs.store"]
    assert not arrows(ast.parse("if TYPE_CHECKING:\n    from glassy_core.runs import store"), "physics")
    for room_of in ("physics", "ui", "commands"):
        assert arrows(ast.parse("from ...runs.store import RunStore"), room_of)


def test_page_folders_know_each_other_not():
    """A page's folder knows the parts, and those know no page's folder."""
    folders = {path.name for path in (CORE / "ui").iterdir() if path.is_dir()} - PARTS - {"__pycache__"}
    for folder in sorted(folders | PARTS):
        for path in (CORE / "ui" / folder).glob("*.py"):
            for module in imported(ast.parse(path.read_text(encoding="utf-8"))):
                parts = module.split(".")
                other = parts[2] if parts[:2] == ["glassy_core", "ui"] and len(parts) > 2 else folder
                assert other == folder or other not in folders, f"{path.name} imports {module}"


def test_nothing_imports_in_a_circle():
    needs = {}
    for path in SOURCES:
        needs[module_of(path)] = imported(ast.parse(path.read_text(encoding="utf-8"))) - {module_of(path)}
    settled = set()
    while ready := {module for module in needs if module not in settled and needs[module] <= settled}:
        settled |= ready
    assert not set(needs) - settled


def test_inner_packages_are_empty():
    """So that what imports a module imports that module alone."""
    face = {CORE / "__init__.py", CORE / "ui" / "__init__.py"}
    full = [
        module_of(path)
        for path in CORE.rglob("__init__.py")
        if path not in face and path.read_text(encoding="utf-8").strip()
    ]
    assert not full


def test_the_listing_is_short():
    names = subprocess.run(
        ["git", "ls-files", "glassy_core"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    ).stdout.splitlines()
    assert len({name.split("/")[1] for name in names}) <= MOST_ENTRIES


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_modules_can_be_held_in_mind(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def imports_of(modules):
    """Which of some libraries a process has loaded once it has imported these modules."""
    code = "import sys\n" + "".join(f"import {module}\n" for module in sorted(modules))
    code += "print(' '.join(sorted({'streamlit', 'torch', 'pandas', 'pyarrow'} & set(sys.modules))))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    return set(result.stdout.split())


def test_only_the_ui_imports_streamlit():
    """Nor does any other module load it by the way: by their arrows none of them imports the ui."""
    for path in SOURCES:
        if room(module_of(path)) != "ui":
            assert "streamlit" not in libraries(ast.parse(path.read_text(encoding="utf-8"))), path


def test_physics_needs_numpy_and_scipy_alone():
    inside = {module for module in MODULES if room(module) == "physics"}
    assert not imports_of(inside)
    for path in (CORE / "physics").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not libraries(tree) & FOR_FILES, path
        assert "glassy_core.files" not in imported(tree), path


def libraries(tree):
    """Top names of what a file imports, by whichever words, and `open` where it opens a file."""
    out = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            out |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            out.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in OPENING:
            out.add("open")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            out |= {ast.unparse(part).strip("'").split(".")[0] for part in node.args[:1]}
    return out


def test_libraries_are_seen_by_whichever_words():
    for code in (
        "import numpy, torch, os",
        "import os.path as p",
        "def f():\n    return open(p)",
        "import shutil as s",
        "np.load(p)",
        "x.tofile(p)",
        "__import__('torch')",
    ):
        assert libraries(ast.parse(code)) & FOR_FILES
    assert "streamlit" in libraries(ast.parse("import importlib\nimportlib.import_module('streamlit.web')"))


def undocumented(tree):
    """Public definitions whose docstring is missing, or does not say all of one thing in its first line.

    A definition is public unless it, or what it stands in, is a function or begins with an underscore. A method is
    excepted where a base class of the same file has it with a docstring.
    """
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}

    def definitions(node):
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        return [inner for inner in node.body if isinstance(inner, kinds) and not inner.name.startswith("_")]

    def says(node):
        return (ast.get_docstring(node) or "-").splitlines()[0].endswith((".", ":"))

    def inherits(owner, name):
        bases = [classes[base.id] for base in owner.bases if isinstance(base, ast.Name) and base.id in classes]
        return any(inherits(base, name) or any(d.name == name and says(d) for d in definitions(base)) for base in bases)

    out = []
    for node in definitions(tree):
        out += [] if says(node) else [node.name]
        for inner in definitions(node) if isinstance(node, ast.ClassDef) else []:
            out += [] if says(inner) or inherits(node, inner.name) else [f"{node.name}.{inner.name}"]
    return out


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_public_names_say_what_they_are(path):
    assert not undocumented(ast.parse(path.read_text(encoding="utf-8")))


def test_a_name_that_says_nothing_is_found():
    code = '''
def mean(x):
    def inner(): ...
def spread(x):
    """Of x, without
    an end in its first line."""
def gamma(x):
    """SGD noise of x."""
def _private(x): ...
class Base:
    """A base."""
    def mu(self):
        """Activations."""
    @property
    def tau(self): ...
class Inner(Base):
    def mu(self): ...
    def eta(self): ...
class _Hidden:
    def shown(self): ...
'''
    assert undocumented(ast.parse(code)) == ["mean", "spread", "Base.tau", "Inner", "Inner.eta"]
