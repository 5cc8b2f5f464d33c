"""How the pages make what is drawn again by itself, and what their buttons carry: rules that the code is held to."""

import ast
from pathlib import Path

import pytest

from glassy_core import ui

UI = Path(ui.__file__).parent
ROOT = UI.parent.parent
SOURCES = sorted([*UI.rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"])
HELPER = UI / "shell" / "polling.py"
LAYOUT = {"columns", "container", "expander", "popover", "form", "tabs", "empty"}


def named(path):
    return str(path.relative_to(ROOT))


def streamlit_call(node):
    """The name of the Streamlit function that a node calls, '' for anything else."""
    call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return node.func.attr if call and isinstance(node.func.value, ast.Name) and node.func.value.id == "st" else ""


def fragments(source):
    """Lines on which a fragment is made."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr == "fragment"
    ]


def carried(source):
    """What buttons carry as `args=` and must not: a value of the form as the page was drawn, or one made there.

    Allowed are constants, names and attributes that no widget of the same function gave and no call made, and
    starred names of parameters.
    """
    out = []
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        made = {
            name.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and from_form(node.value)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            for name in ast.walk(target)
            if isinstance(name, ast.Name)
        }
        for node in ast.walk(function):
            for keyword in getattr(node, "keywords", []):
                if keyword.arg == "args":
                    out += [ast.unparse(part) for part in keyword.value.elts if not is_identity(part, made)]
    return out


def from_form(value):
    """Whether a value comes from a widget, or from the form as a whole."""
    return any(
        streamlit_call(node) not in {"", *LAYOUT}
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("chosen", "_wanted", "_like")
        )
        for node in ast.walk(value)
    )


def is_identity(node, made):
    if isinstance(node, ast.Starred):
        node = node.value
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id not in made)


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_fragments_are_made_by_one_helper(path):
    """Outside of it a fragment has no container of the page's own, and the page can die of a bad delta path."""
    assert not fragments(path.read_text(encoding="utf-8")) or path == HELPER


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_no_button_carries_settings(path):
    """A click that overtakes the page's next run would start those of the run before."""
    assert not carried(path.read_text(encoding="utf-8"))


def test_what_the_rules_would_find():
    assert fragments("@st.fragment\ndef part(): ...") == [1]
    typed = "def form():\n    steps = st.number_input('Steps')\n    st.button('Start', args=(begin, steps))"
    assert carried(typed) == ["steps"]
    made = "def form():\n    st.button('Start', args=(begin, [File(one) for one in uploaded], replace(config)))"
    assert carried(made) == ["[File(one) for one in uploaded]", "replace(config)"]
    read = "def form():\n    configs = chosen()\n    st.button('Start', args=(configs,))"
    assert carried(read) == ["configs"]
    assert not carried("def form(row):\n    st.button('Stop', args=(stop, row.id, 'now'))")
