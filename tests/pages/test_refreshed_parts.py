"""How the pages make what is drawn again by itself, and what their buttons carry: rules that the code is held to."""

import ast
import builtins
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
CALLBACKS = {"on_click", "on_change", "on_select", "on_submit"}
# What buttons may carry, by the file that draws them, besides constants and what stands at the top of that file. It
# means the same whenever they are pressed.
CARRIED = {
    "shell/actions.py": {
        "on_click",
        "outcome.deleted",
    },  # a caller's; ids of the runs that the sentence beside it names
    "playground/bets.py": {"enough"},  # the width that suffices for what is asked
    "shell/choice.py": {"key"},  # a field's, as in all files
    "learning_curves/front.py": {"key", "ids"},  # of the table: other runs are another table
    "chorales/heading.py": {"begin_another"},  # a caller's
    "chorales/listen.py": {"better"},  # the number that the button says
    "runs/new_run.py": {"source"},  # a row of the table of editions, the one that the button names
    "learning_curves/noise_probe.py": {"attempt"},  # the one that the button's key names
    "runs/queue.py": {"key"},
    "chorales/quiz.py": {
        "poll",
        "poll.asked",
        "k",
    },  # what is asked now; the number of the pair that was heard, and which of it
    "runs/run_panel.py": {
        "action",
        "args",
        "row.id",
        "ids",
        "keys",
    },  # a caller's; of the runs that the button's key names
    "critical_width/sections.py": {
        "world",
        "depth",
        "hint.width",
        "hint.seed",
    },  # what the button says; refused in another world
    "chorales/shelf.py": {"number"},  # the button's own
    "learning_curves/spikes.py": {"curve.id", "half"},  # what the button says; refused where eta has come down to that
}


def named(path):
    return str(path.relative_to(ROOT))


def within(path):
    """Its place in ui/, as CARRIED names it."""
    return path.relative_to(UI if UI in path.parents else ROOT).as_posix()


def fragments(source):
    """Lines on which a fragment is made."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Attribute) and node.attr == "fragment")
        or (isinstance(node, ast.ImportFrom) and "fragment" in {alias.name for alias in node.names})
        or (isinstance(node, ast.Constant) and node.value == "fragment")
    ]


def carried(source, may_be=frozenset()):
    """What buttons carry and must not: a value of the page as it was drawn, in args, kwargs, a lambda or a partial."""
    tree = ast.parse(source)
    top = top_of(tree) | {name for name in may_be if name.isidentifier()}
    nested = {
        inner.name: inner
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.FunctionDef) and inner is not outer
    }
    out = []
    for node in ast.walk(tree):  # st.button(label, key, help, on_click, args, kwargs)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("button", "form_submit_button"):
            out += [ast.unparse(part) for part in node.args[3:]]
    for keyword in (keyword for node in ast.walk(tree) for keyword in getattr(node, "keywords", [])):
        value = keyword.value
        if keyword.arg in CALLBACKS:
            if isinstance(value, ast.Name) and value.id in nested:
                value = nested[value.id]
            out += (
                closed_over(value, top)
                if isinstance(value, ast.Lambda | ast.FunctionDef)
                else drawn(value, top, may_be)
            )
        elif keyword.arg in ("args", "kwargs"):
            out += drawn(value, top, may_be)
    return out


def top_of(tree):
    """Names that stand at the top of a file: its functions, constants and imports."""
    out = set()
    for node in tree.body:
        for inner in ast.walk(node) if not isinstance(node, ast.FunctionDef | ast.ClassDef) else [node]:
            if isinstance(inner, ast.FunctionDef | ast.ClassDef):
                out.add(inner.name)
            elif isinstance(inner, ast.alias):
                out.add((inner.asname or inner.name).split(".")[0])
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                out.add(inner.id)
    return out


def drawn(value, top, may_be):
    """Parts of a value, computed as the page is drawn, that are neither the file's own nor among what may be."""
    if isinstance(value, ast.Tuple | ast.List):
        parts = value.elts
    elif isinstance(value, ast.Dict):
        parts = value.values
    elif isinstance(value, ast.Call) and ast.unparse(value.func).split(".")[-1] == "partial":
        parts = [*value.args, *(keyword.value for keyword in value.keywords)]
    else:
        parts = [value]
    return [ast.unparse(part) for part in parts if not stands(part, top, may_be)]


def stands(part, top, may_be):
    root = part.value if isinstance(part, ast.Starred) else part
    if isinstance(root, ast.Constant) or ast.unparse(root) in may_be:
        return True
    if isinstance(root, ast.Attribute):  # of a module, but not what Streamlit holds now
        return isinstance(root.value, ast.Name) and root.value.id in top - may_be - {"st"}
    return isinstance(root, ast.Name) and root.id in top


def closed_over(function, top):
    """Names from around a function that it reads when it is called, as they were when it was made."""
    body = function.body if isinstance(function.body, list) else [function.body]
    names = [node for part in body for node in ast.walk(part) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    own |= {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    return [node.id for node in names if node.id not in own | top and not hasattr(builtins, node.id)]


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_fragments_are_made_by_one_helper(path):
    """Outside of it a fragment has no container of the page's own, and the page can die of a bad delta path."""
    assert not fragments(path.read_text(encoding="utf-8")) or path == HELPER


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_no_button_carries_settings(path):
    """A click that overtakes the page's next run would start those of the run before."""
    assert not carried(path.read_text(encoding="utf-8"), CARRIED.get(within(path), frozenset()))


def test_what_may_be_carried_is_carried():
    sources = {within(path): path.read_text(encoding="utf-8") for path in SOURCES}
    for name, may_be in CARRIED.items():
        for one in may_be:
            assert one in carried(sources[name], may_be - {one}), f"{name} carries no {one} any more"


@pytest.mark.parametrize(
    "source", ["@st.fragment\ndef part(): ...", "from streamlit import fragment", "getattr(st, 'fragment')(draw)"]
)
def test_a_fragment_is_found(source):
    assert fragments(source) == [1]


@pytest.mark.parametrize(
    ("inside", "seen"),
    [
        ("steps = st.number_input('Steps')\n    st.button('Start', args=(begin, steps))", ["steps"]),
        ("st.button('Start', args=(begin, [File(one) for one in up]))", ["[File(one) for one in up]"]),
        ("configs = chosen()\n    st.button('Start', args=(configs,))", ["configs"]),
        ("st.button('Start', args=(begin, config))", ["config"]),
        ("n = _steps()\n    st.button('Start', args=(begin, n))", ["n"]),
        ("st.button('Start', args=(begin, _steps()))", ["_steps()"]),
        ("st.button('Start', args=(begin, st.session_state['n']))", ["st.session_state['n']"]),
        ("st.button('Start', args=(begin, st.session_state.n))", ["st.session_state.n"]),
        ("st.button('Start', args=(begin, *config))", ["*config"]),
        ("st.button('Start', args=what)", ["what"]),
        ("st.button('Start', on_click=begin, kwargs={'steps': config.steps})", ["config.steps"]),
        ("st.button('Start', on_click=lambda: begin(config))", ["config"]),
        ("st.button('Start', on_click=partial(begin, config))", ["config"]),
        ("st.button('Start', on_click=functools.partial(begin, steps=config))", ["config"]),
        ("def go():\n        begin(config)\n    st.button('Start', on_click=go)", ["config"]),
        ("st.button('Start', on_click=begin_with(config))", ["begin_with(config)"]),
        ("st.button('Start', 'key', None, begin, (config,))", ["begin", "(config,)"]),
        ("st.button('Stop', args=(begin, row.id, 'now'))", ["row.id"]),
        ("st.button('Stop', args=(begin, actions.stop, KEY, 'now'), kwargs={'key': KEY})", []),
        ("st.button('Stop', on_click=lambda: begin(st.session_state['n'], KEY))", []),
        ("def go():\n        n = st.session_state['n']\n        begin(n)\n    st.button('Start', on_click=go)", []),
    ],
)
def test_what_a_button_carries_is_found(inside, seen):
    head = "import st, functools, actions\nfrom functools import partial\nKEY = 1\ndef begin(): ...\n"
    assert carried(f"{head}def _steps(): ...\ndef form(config, row, up, what):\n    {inside}") == seen


def test_what_is_listed_may_be_carried():
    assert not carried("def f(row):\n    st.button('Stop', args=('now', row.id))", {"row.id"})


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
