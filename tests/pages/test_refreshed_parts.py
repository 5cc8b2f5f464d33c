"""How the pages make what is drawn again by itself, and what their buttons carry: rules that the code is held to."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from glassy_core import ui
from glassy_core.presets import PRESETS
from tests.made_runs import BASE, write_run
from tests.places import place_of

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


@pytest.fixture
def made(store):
    """A run with a curve, one that has failed, and one that learns other data: their ids."""
    runs = [write_run(store, replace(BASE, seed=k, chorales=8 + k), [1.0, 2.0, 4.0], [0.5, 0.4, 0.3]) for k in range(2)]
    failed = write_run(store, BASE, [1.0, 2.0, 4.0], [0.5, 0.4, 0.3])
    failed.write_state(replace(failed.state(), status="failed", error="no room"))
    return [run.id for run in runs], failed.id


@pytest.mark.parametrize("part", ["curves", "numbers"])
def test_a_warning_moves_no_part_that_is_drawn_again(open_page, made, part):
    (plain, other), failed = made
    calm = place_of(open_page("pages/2_Learning_curves.py", run=plain), part)
    for query in ({"run": failed}, {"run": [plain, other]}, {"run": plain, "fit": "true", "from": "5", "to": "1"}):
        app = open_page("pages/2_Learning_curves.py", **query)
        assert [*app.error, *app.warning]
        assert place_of(app, part) == calm


def test_sentences_about_the_runs_do_not_move_the_probe(open_page, store, made):
    (plain, _), _ = made
    flow = write_run(store, PRESETS["class-flow-near"].config, [1.0, 2.0], [0.5, 0.4])
    places = {
        place_of(open_page("pages/2_Learning_curves.py", run=ids, noise="true"), "probe")
        for ids in ([plain], [plain, flow.id])
    }
    assert len(places) == 1


def test_a_warning_does_not_move_the_estimate(open_page):
    calm = place_of(open_page("pages/1_Runs.py"), "time")
    app = open_page("pages/1_Runs.py", steps="10000000", record_every="1")
    assert any("million records" in caption.value for caption in app.caption)
    assert place_of(app, "time") == calm
