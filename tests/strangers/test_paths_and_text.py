"""No path leaves runs/ or data/, and names and notes are text wherever they are shown."""

import html
import json
import re
from pathlib import Path

import pytest

from glassy_core.editions.catalogue import PAPER
from glassy_core.editions.format import ChoraleError
from glassy_core.editions.install import install_file
from glassy_core.runs.run import RunError
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.ui.runs.own_data import MOST_MB
from tests.strangers.conftest import snapshot, unlock

OUT = [
    "..", ".", "", "../secret", "../../etc/passwd", "/etc/passwd", "a/b", "x/../../secret", "..\\secret", "\0",
    ".hidden", ".trash", "%2e%2e%2fsecret", "runs/../../secret", "~", "$HOME", "x\0/..",
    "secret/", "C:\\x", "\u2024\u2024/",
]  # fmt: skip
MARKUP = "<img src=x onerror=alert(1)> <b>bold</b> **strong** [link](javascript:alert(1)) $x^2$ `code` :red[x]"


@pytest.fixture
def secret(world):
    """A run beside the store, which nothing in the store may reach."""
    outside = world.store.directory.parent / "secret"
    world.store.directory.joinpath(world.paused.id).rename(outside)
    return outside


@pytest.mark.parametrize("run_id", OUT, ids=repr)
def test_a_run_is_a_name_in_the_store_and_nothing_else(world, secret, run_id):
    before = snapshot(secret.parent)
    for act in (world.store.get, world.store.restore):
        with pytest.raises(RunError) as caught:
            act(run_id)
        str(caught.value).encode()
    try:
        path = world.store.named(run_id).path
    except RunError:
        pass
    else:
        assert path.resolve().parent == world.store.directory.resolve()
    assert snapshot(secret.parent) == before


@pytest.mark.parametrize("page", ["1_Runs", "2_Learning_curves", "4_Aging", "5_Chorales"])
def test_an_address_that_names_what_lies_outside_shows_nothing_of_it(world, secret, visit, page):
    (secret / "about.json").write_text(json.dumps({"name": "the secret one"}), encoding="utf-8")
    before = snapshot(secret.parent)
    for out in ("../secret", str(secret), "../../../../etc/passwd"):
        query = {"run": out, "runs": out, "selected": out, "networks": out, "probe": out, "noise": "true"}
        app = unlock(visit(f"pages/{page}.py", **query))
        assert "the secret one" not in str(app.main)
        assert "root:" not in str(app.main)
    after = snapshot(secret.parent)
    assert {k: v for k, v in after.items() if ".speed" not in k} == before


def test_actions_on_what_lies_outside_are_refused(world, secret):
    from glassy_core.ui.shell import actions

    before = snapshot(secret.parent)
    for out in OUT:
        for act in (actions.stop, actions.resume, actions.delete):
            outcome = act([out])
            assert "There is no run" in outcome.error
            assert not outcome.deleted
        assert "There is no run" in actions.save_words(out, {"name": ""}, {"name": "x"}).error
        with pytest.raises(RunError):
            actions.restore([out])
    assert snapshot(secret.parent) == before


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "<b>x</b>", "[x](y)", "$x$", "x\n", "`x`", "x:y", "*x*", "..", "\u202ex"]
)
def test_a_name_that_is_a_path_or_markup_is_refused(world, name):
    if name != "x\n":  # the white space around a name is cut off
        with pytest.raises(ConfigError):
            RunConfig(name=name)
        with pytest.raises(ConfigError):
            world.paused.describe(name=name)
        with pytest.raises(ConfigError):
            world.paused.describe(tags=[name])


def test_an_uploaded_file_has_no_say_in_where_it_goes(tmp_path):
    """Its name is never looked at, and nothing but the paper's own file is written; what is there stays."""
    (tmp_path / PAPER.file).write_text("what was there", encoding="utf-8")
    for content in (b"", b"{}", b"\x80\x04.", b"PK\x03\x04", b"x" * 6_000_000):
        with pytest.raises(ChoraleError, match="is not the paper's file"):
            install_file(PAPER, content, tmp_path)
    assert snapshot(tmp_path) == {PAPER.file: b"what was there"}


def test_midi_and_all_downloads_have_plain_names(world, visit):
    (world.singer.path / "about.json").write_text(json.dumps({"name": "a.b, (c) = ../d"}), encoding="utf-8")
    world.singer.describe(name="a.b, (c) = d")
    app = visit("pages/5_Chorales.py", run=world.singer.id)
    for button in app.get("download_button"):
        assert "/" not in button.proto.url.rsplit("/", 1)[-1].replace("/media/", "")
    assert len(app.get("download_button")) == 4


@pytest.mark.parametrize("page", ["app.py", *(f"pages/{p}.py" for p in ("1_Runs", "2_Learning_curves", "5_Chorales"))])
def test_names_tags_and_notes_are_shown_as_text(world, visit, page):
    """Put into the files by hand, where nobody checks them."""
    for run in (world.singer, world.running, world.paused):
        (run.path / "about.json").write_text(
            json.dumps({"name": MARKUP, "tags": [MARKUP], "note": MARKUP}), encoding="utf-8"
        )
    state = json.loads((world.running.path / "state.json").read_text(encoding="utf-8")) | {"notice": MARKUP}
    (world.running.path / "state.json").write_text(json.dumps(state), encoding="utf-8")
    world.store.directory.joinpath("<b>odd<b>").mkdir()
    app = visit(page, selected=world.running.id, run=world.running.id)
    for kind in ("markdown", "caption", "error", "warning", "info", "success", "header", "subheader"):
        for element in app.get(kind):
            assert not re.search(r"(?<!\\)(<img|<b>|\*\*strong|\[link|\$x|:red\[|`code)", element.value), element.value
            assert not getattr(element, "allow_html", False)
    for figure in app.get("bidi_component"):
        assert "<img" not in html.unescape(figure.proto.json)
    notes = [element.value for element in app.get("text")]
    assert page != "pages/1_Runs.py" or MARKUP in notes  # a note is shown, character by character


def test_uploads_are_limited_in_size():
    import tomllib

    settings = tomllib.loads(Path(".streamlit/config.toml").read_text(encoding="utf-8"))["server"]
    assert settings["maxUploadSize"] == MOST_MB  # a smaller one would refuse what that place says it takes
    assert settings["address"] == "localhost"
    assert settings["enableXsrfProtection"]
    assert settings["enableCORS"]
