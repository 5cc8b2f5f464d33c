"""Nothing that is loaded may execute code, and nothing that comes from outside is shown as HTML."""

import ast

from glassy_core.paper.findings import Finding
from glassy_core.paper.text import Command, text
from glassy_core.ui.paper import verdicts
from tests.strangers.conftest import ROOT

SOURCES = [*ROOT.glob("glassy_core/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"]
MODULES = set("pickle cPickle dill cloudpickle joblib marshal shelve yaml jsonpickle imp runpy".split())
NAMES = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
ATTRIBUTES = {
    ("torch", "load"), ("np", "load"), ("numpy", "load"), ("pd", "read_pickle"), ("os", "system"), ("os", "popen"),
}  # fmt: skip
SWITCHES = {"allow_pickle", "shell", "unsafe_allow_html", "unsafe_allow_javascript"}
HTML = ("st.html", "components.html", "st.components.v1.html")


def faults(tree):
    """What in a module could execute what it loads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ({alias.name.split(".")[0] for alias in node.names} & MODULES)
        elif isinstance(node, ast.ImportFrom):
            yield from {(node.module or "").split(".")[0]} & MODULES
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in NAMES:
                yield node.func.id
            if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                yield from {(node.func.value.id, node.func.attr)} & ATTRIBUTES
            yield from (word.arg for word in node.keywords if word.arg in SWITCHES and not is_false(word.value))


def is_false(node):
    return isinstance(node, ast.Constant) and node.value is False


def test_nothing_loaded_can_execute_code():
    assert len(SOURCES) > 100
    for path in SOURCES:
        assert list(faults(ast.parse(path.read_text(encoding="utf-8")))) == [], path.name


def test_the_search_finds_what_it_looks_for():
    for code in (
        "import pickle", "from pickle import loads", "torch.load(f)", "eval(x)", "np.load(f, allow_pickle=True)",
        "st.markdown(x, unsafe_allow_html=True)", "subprocess.run(x, shell=True)", "from yaml import load", "exec(x)",
    ):  # fmt: skip
        assert list(faults(ast.parse(code))), code


# What `st.html` is given, wherever it stands: styles and pictures of our own, numbers and escaped words.
DRAWN = r"""
frame.py f"<style>{_CSS}</style>"
home.py _picture(picture, f"{name}: NLL against tau, both axes logarithmic; {in_words}")
network.py f"<ul>{''.join(rows)}</ul>"
network.py f'<img src="data:image/svg+xml;base64,{drawn}" alt="{alt}" style="width:100%;max-width:{WIDTH}px">'
page.py f"<style>{_CSS}</style>"
polls.py f'<div role="img" aria-label="{html.escape(told)}" style="{style}">{"".join(parts)}</div>'
quiz.py f"<style>{_ASKED_ALONE}</style>"
slides.py f"<style>{_CSS}</style>"
tour.py f"<style>{_CSS}</style>"
verdicts.py f"<style>{_TABLE_CSS}</style><table class='paper overview'>{head}{lines}</table>"
verdicts.py f"<style>{_TABLE_CSS}</style><table class='paper'>{head}{''.join(map(row, findings))}</table>"
"""


def test_html_is_made_in_known_places_of_numbers_and_escaped_words():
    """Each place of `st.html` is known; the browser's innerHTML stands twice, with an engraved score."""
    drawn = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
        sources = [ast.get_source_segment(text, node) for node in calls if ast.unparse(node.func) in HTML]
        drawn += [f"{path.name} {source.removeprefix('st.html(').removesuffix(')')}" for source in sources]
    assert sorted(drawn) == DRAWN.strip().splitlines()
    scripts = {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("glassy_core/**/*.js")}
    assert {name for name, text in scripts.items() if "innerHTML" in text} == {"strip.js", "listening.js"}
    assert scripts["strip.js"].count("innerHTML") == scripts["listening.js"].count("innerHTML") == 1
    for text in scripts.values():
        assert not any(word in text for word in ("eval(", "outerHTML", "document.write", "insertAdjacentHTML"))


def test_the_papers_table_escapes_what_it_is_given():
    nasty = "<img src=x onerror=alert(1)>"
    finding = Finding(5, text(nasty), text(nasty), text(nasty), "open", text(nasty, " ", Command(nasty)))
    row = verdicts.row(finding)
    assert "<img" not in row
    assert row.count("&lt;img") == 5
