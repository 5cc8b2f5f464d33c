"""In class mode no button of any page changes anything without the passphrase, and every one works with it."""

import ast

import pytest
from streamlit.testing.v1 import AppTest

from glassy_core.editions import loading
from glassy_core.ui.shell import actions, polls, presenter
from tests.places import place_of
from tests.strangers.conftest import ROOT, SPEED, refused, unlock

UI = ROOT / "glassy_core" / "ui"
ACTIONS = "glassy_core/ui/shell/actions.py"
RUNS, CURVES, CRITICAL, AGING = (
    f"pages/{name}.py" for name in ("1_Runs", "2_Learning_curves", "3_Critical_width", "4_Aging")
)

# Every button of the app that changes files: page, what its address must say, the button's key (or its beginning).
ACTING = [
    ("app.py", {}, "start_trio"),
    (RUNS, {}, "start"),
    (RUNS, {}, "restore"),
    (RUNS, {}, "empty_trash-"),
    (RUNS, {"selected": "paused"}, "resume"),
    (RUNS, {"selected": "paused"}, "resume_with-"),
    (RUNS, {"selected": "paused"}, "delete"),
    (RUNS, {"selected": "paused"}, "clone"),
    (RUNS, {"selected": "paused"}, "dispatcher"),
    (RUNS, {"selected": "paused"}, "save-"),
    (RUNS, {"selected": "running"}, "pause"),
    (RUNS, {"selected": "running"}, "stop"),
    (RUNS, {"selected": "running"}, "apply_eta-"),
    (CURVES, {"run": "running"}, "halve-"),
    (CURVES, {"run": "singer", "noise": "true"}, "probe_start"),
    (CURVES, {"run": "singer", "noise": "true"}, "dismiss-"),
    (CRITICAL, {}, "start_sweep"),
    (CRITICAL, {}, "suggested-"),
    (AGING, {}, "start_aging"),
    (AGING, {}, "start_aging_trio"),
    ("pages/7_Present.py", {"slide": "2"}, "slide_start"),
]
HARMLESS = {"clone"}  # fills in the form of this browser
VIEWS = {(page, tuple(query.items())) for page, query, _ in ACTING}


@pytest.fixture
def opened(world, visit):
    """A page of ACTING with its runs' ids in the address, something chosen from the trash, and a run that waits."""

    def opened(page, query):
        named = {name: getattr(world, name).id for name in ("paused", "running", "singer")}
        if query.get("selected") == "paused":
            world.store.create(world.paused.config(), "0" * 64)  # waits, and nobody serves the queue
        app = visit(page, **{key: named.get(value, value) for key, value in query.items()})
        if page == RUNS and not query:
            app.multiselect(key="bring_back").select(world.deleted.id).run()
        return app

    return opened


def acting(app):
    """The keys of the buttons that say that they are the presenter's alone."""
    return {button.key for button in app.button if button.help == presenter.REFUSAL or str(button.key)[:5] == "save-"}


def without_speed(files):
    return {name: content for name, content in files.items() if name != SPEED}


def find(app, key):
    return next(b for b in app.button if b.key == key or (key.endswith("-") and str(b.key).startswith(key)))


def force(button):
    """Click it, dead or not: a browser may send what it likes."""
    button.proto.disabled = False
    return button.click().run()


@pytest.mark.parametrize("view", sorted(VIEWS, key=str), ids=lambda view: "-".join([view[0], *dict(view[1])]))
def test_a_visitor_changes_nothing_whatever_is_clicked(world, opened, view):
    page, query = view[0], dict(view[1])
    app = opened(page, query)
    before = world.files()
    keys = [b.key for b in app.button if b.key not in ("presenter_unlock",)]
    wanted = [key for p, q, key in ACTING if (p, q) == (page, query)]
    for key in wanted:  # the list above is no wish: each of them is there, and dead
        assert find(app, key).disabled, key
    for key in keys:
        button = next((b for b in app.button if b.key == key), None)
        if button is None:
            continue  # gone with an earlier click
        force(button)
        assert not app.exception
        assert world.files() == before, key


@pytest.mark.parametrize(("page", "query", "key"), ACTING, ids=lambda value: str(value))
def test_a_live_button_is_refused_all_the_same(world, opened, page, query, key):
    """The deed itself asks who does it: here the button was drawn for the presenter and pressed by a visitor."""
    app = unlock(opened(page, query))
    if page == RUNS and key == "restore":
        app.multiselect(key="bring_back").select(world.deleted.id).run()
    before = without_speed(world.files())
    app.session_state["presenter_unlocked"] = False
    find(app, key).click().run()
    assert not app.exception
    assert without_speed(world.files()) == before
    assert refused(app)


def test_the_list_has_every_acting_button_there_is(world, opened):
    """What looks like the presenter's on any page is in ACTING, so that both tests click it."""
    for page, query in VIEWS:
        for key in acting(opened(page, dict(query))):
            assert any(
                p == page and (key == known or (known.endswith("-") and key.startswith(known)))
                for p, _, known in ACTING
            ), (page, key)


@pytest.mark.parametrize(("page", "query", "key"), ACTING, ids=lambda value: str(value))
def test_with_the_passphrase_it_works(world, opened, page, query, key):
    app = unlock(opened(page, query))
    if page == RUNS and key == "restore":
        app.multiselect(key="bring_back").select(world.deleted.id).run()
    before = without_speed(world.files())
    if key == "save-":
        app.text_area(key=f"note-{world.paused.id}").input("seen")
    button = find(app, key)
    assert not button.disabled
    button.click().run()
    assert not app.exception
    assert not refused(app)
    assert (without_speed(world.files()) != before) != (key in HARMLESS)


def test_undo_is_the_presenters_too(world, opened):
    app = unlock(opened(RUNS, {"selected": "paused"}))
    app.button(key="delete").click().run()
    before = world.files()
    app.session_state["presenter_unlocked"] = False
    app.button(key="undo").click().run()
    assert refused(app)
    assert world.files() == before


def test_a_visitor_has_no_place_for_a_file_and_the_presenter_has(visit, tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "DATA", tmp_path)
    app = visit(RUNS, edition="paper")
    assert not app.get("file_uploader")
    assert unlock(app).get("file_uploader")


def test_a_file_sent_without_passphrase_is_not_installed(world, tmp_path, monkeypatch):
    def page():
        from glassy_core.editions.catalogue import PAPER
        from glassy_core.ui.shell import actions

        actions.perform(actions.install, PAPER, b"[]")
        actions.show_outcome()

    written = []
    monkeypatch.setattr(actions, "install_file", lambda source, content: written.append(content))
    app = AppTest.from_function(page).run()
    assert refused(app)
    assert written == []
    app.session_state["presenter_unlocked"] = True
    app.run()
    assert written == [b"[]"]


def test_a_visitor_has_no_speed_measured(world, visit):
    app = visit(RUNS)
    assert "for the presenter only" in " ".join(caption.value for caption in app.caption)
    assert SPEED not in world.files()


def test_on_this_machine_alone_everybody_may(world, visit, monkeypatch):
    monkeypatch.delenv("GLASSY_PASSPHRASE")
    app = visit("app.py")
    assert not app.button(key="start_trio").disabled
    app.button(key="start_trio").click().run()
    assert len(world.store.runs()) == 9


def test_listening_beyond_this_machine_without_a_passphrase_nobody_may(world, visit, monkeypatch):
    monkeypatch.delenv("GLASSY_PASSPHRASE")
    monkeypatch.setattr(presenter.st, "get_option", lambda name: None if name == "server.address" else "")
    app = visit("app.py")
    before = world.files()
    force(app.button(key="start_trio"))
    assert app.button(key="start_trio").disabled
    assert world.files() == before
    assert "Nobody can unlock this app" in unlock(app).error[0].value


def test_quiz_and_views_are_the_visitors_in_full(visit):
    one, other = (visit("pages/5_Chorales.py", view="quiz") for _ in range(2))
    assert not [b for b in one.button if str(b.key).startswith("answer")]
    presenter_page = unlock(visit("pages/5_Chorales.py", view="quiz"))
    presenter_page.radio(key="quiz_split").set_value("train")  # and at once, before the page is drawn anew:
    presenter_page.button(key="quiz_ask").click().run()
    assert polls.shared("quiz").question.split == "train"
    answer = polls.shared("quiz").question.question.bach
    for app in (one, other):
        before = place_of(app, "quiz")  # where it waits for a pair
        app.run()
        assert place_of(app, "quiz") == before
        assert app.button(key="quiz_show").disabled
    one.button(key=f"answer_{'AB'[answer]}").click().run()
    other.button(key=f"answer_{'AB'[answer]}").click().run()
    other.button(key=f"answer_{'BA'[answer]}").click().run()  # who votes again has changed their mind
    assert "**2 votes** so far." in [words.value for words in other.markdown]
    force(other.button(key="quiz_show"))
    assert not polls.shared("quiz").shown
    presenter_page.run().button(key="quiz_show").click().run()
    for app in (one, other):
        app.run()
        assert not app.exception
        assert any("1 of 2 votes had it" in words.value for words in app.markdown)
        assert app.metric[0].value == "1 of 2"
    for view in ("listen", "continue", "transition", "recall"):
        app = visit("pages/5_Chorales.py", view=view)
        assert not app.error
    assert not visit(CURVES, fit="true").error


# The source: whatever writes is called in one file, and only through `perform`.

WRITERS = {
    "submit", "resume", "stop", "ensure_dispatcher", "create", "delete", "restore", "empty_trash", "describe",
    "request", "request_eta", "clear_request", "write_state", "forget", "install_file", "install_made", "download",
    "write_text", "write_bytes", "unlink", "rmtree", "mkdir", "rename", "replace_file", "write_json", "write_piece",
    "prepare_to_resume", "steps_per_second", "Popen", "system", "touch", "symlink_to", "removedirs", "rmdir", "open",
}  # fmt: skip
# Streamlit's own, and what the app does by itself as it starts; reading only.
NO_DEEDS = {
    ("glassy_core/ui/shell/frame.py", "dispatcher.ensure_dispatcher"),
    ("glassy_core/ui/shell/estimate.py", "self._pool.submit"),
}
OF_THE_SESSION = {"_reset", "_answer", "_next", "_lock", "_unlock", "ignore", "perform", "queue_and_tell", "on_click"}
OF_THE_SESSION |= {"put", "_open", "begin_another", "bring_forward", "_hear"}  # of the address


def sources():
    paths = [*UI.rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def name_of(node):
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_nothing_is_written_but_by_actions():
    for name, tree in sources().items():
        for call in calls(tree):
            text = ast.unparse(call.func)
            # Those of actions.py are the next test's.
            if name == ACTIONS or text.startswith("actions.") or name_of(call.func) not in WRITERS or text == "st.stop":
                continue
            assert (name, text) in NO_DEEDS, ast.unparse(call)


def test_actions_are_only_reached_through_perform():
    deeds = {
        node.name
        for node in sources()[ACTIONS].body
        if isinstance(node, ast.FunctionDef) and node.returns is not None and ast.unparse(node.returns) == "Outcome"
    }
    assert {"start", "delete", "queue", "install", "halve_eta", "start_probe"} <= deeds
    for name, tree in sources().items():
        of_outcomes = {
            node.name: node for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.returns is not None and ast.unparse(node.returns) == "Outcome"
        }  # fmt: skip
        inside = {id(call) for node in of_outcomes.values() for call in calls(node)}
        for call in calls(tree):
            text = ast.unparse(call.func)
            is_deed = text.removeprefix("actions.") in deeds and (text.startswith("actions.") or name != ACTIONS)
            if text in ("start", "queue", "install", "stop", "delete") or is_deed:
                assert id(call) in inside, (name, ast.unparse(call))


def test_every_other_button_keeps_to_its_session():
    for name, tree in sources().items():
        for call in calls(tree):
            for value in (keyword.value for keyword in call.keywords if keyword.arg == "on_click"):
                called = value.value if isinstance(value, ast.Constant) else name_of(value)
                assert called in OF_THE_SESSION, (name, ast.unparse(call))
                if called in ("perform", "queue_and_tell", "on_click"):
                    assert ast.unparse(call.func) in ("actions.button", "button") or name == ACTIONS


def hidden(app):
    """Keys of the parts of a page that only the presenter is shown."""
    found = []

    def walk(node):
        found.append(getattr(getattr(node, "proto", None), "id", "") or "")
        for child in getattr(node, "children", {}).values():
            walk(child)

    walk(app.main)
    return {key.split(f"-{presenter.HIDDEN}-")[1] for key in found if f"-{presenter.HIDDEN}-" in key}


def test_a_visitor_is_not_shown_what_he_cannot_use(world, visit):
    app = visit("app.py")
    assert hidden(app) == {"trio", "button-start_trio"}
    unlock(app)
    assert hidden(app) == set()
