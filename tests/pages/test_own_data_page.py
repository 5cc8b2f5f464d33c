"""Own music on the pages: uploaded, reported, learned, sung; nothing held out and no composer named."""

import json
from pathlib import Path

import pytest

from glassy_core.editions.catalogue import EDITION_SOURCES, EditionSource, edition_names
from glassy_core.editions.loading import load_edition
from glassy_core.editions.own_data import import_own
from glassy_core.editions.own_files import File
from glassy_core.music.midi import Sound, to_midi
from glassy_core.music.voices import lead
from tests.components import components
from tests.core.editions.midi_bytes import midi, notes, track
from tests.singers import add_singer

RUNS, CRITICAL, CHORALES = "pages/1_Runs.py", "pages/3_Critical_width.py", "pages/5_Chorales.py"
TRAIN = load_edition("corpus").splits["train"]
MIDI = "audio/midi"
SHIPPED = edition_names(Path("no such folder"))  # those that no reader has made
LISTED = ", ".join(SHIPPED)


def files(n):
    return [(f"{i}.mid", to_midi(lead(chorale), Sound()), MIDI) for i, chorale in enumerate(TRAIN[:n])]


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.success)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")


def upload(app, given, name="songs"):
    app.file_uploader(key="own_files").set_value(given).run()
    app.text_input(key="own_name").set_value(name).run()
    app.button(key="own_make").click().run()
    assert not app.exception
    return app


@pytest.fixture
def songs():
    """An edition of three pieces."""
    return import_own([File(name, content) for name, content, _ in files(3)], "songs")[0]


def test_uploaded_music_is_reported_and_learned(open_page, store):
    app = open_page(RUNS)
    assert app.button(key="own_make").disabled
    upload(app, [*files(5), ("bad.mid", b"nonsense", MIDI)])
    edition = load_edition("own:songs")
    assert edition.splits["train"] == TRAIN[:5]
    said = words(app)
    assert "own:songs is ready" in said
    assert "Taken: 5 pieces (5 in train, 0 in valid, 0 in test), one chord a quarter note." in said
    assert "Refused: bad.mid: This is no MIDI file" in said
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Transitions"] == str(sum(len(chorale) - 1 for chorale in TRAIN[:5]))
    assert metrics["Floor of the NLL (bits)"] == "0"
    assert app.segmented_control(key="edition").value == "own:songs"
    assert app.number_input(key="chorales").value == 5
    app.button(key="start").click().run()
    assert not app.error
    (run,) = store.runs()
    assert (run.config().edition, run.config().chorales) == ("own:songs", 5)
    assert run.origin()["edition_digest"] == edition.digest


def test_what_the_grid_leaves_out_is_said_and_a_better_one_offered(open_page):
    runs = midi(track(*notes(range(60, 76), 120, 120)), counted=3)
    said = words(upload(open_page(RUNS), [("runs.kar", runs, MIDI)]))
    assert "Taken: 1 piece (1 in train" in said
    assert "12 of 16 notes lie between the times of the grid, and 12 are in no chord." in said
    assert "On the sixteenth grid none would." in said
    assert "runs.kar: Its header counts 3 tracks, it has 1" in said


def test_what_cannot_be_taken_is_one_sentence(open_page, songs):
    app = upload(open_page(RUNS), files(2))
    assert "The name songs is taken by other data" in words(app)
    upload(app, files(2), "../evil")
    assert "The name '../evil' cannot be used" in words(app)
    upload(app, [("a.json", b"[[[1, 127], [5]]]", "application/json")], "wide")
    assert "do not fit into 43 to 96" in words(app)
    assert len(app.error) == 1
    assert "own:wide" not in app.segmented_control(key="edition").options


def test_an_edition_that_has_gone_stays_in_the_form_and_the_start_says_so(open_page, songs, own_directory, store):
    app = open_page(RUNS, edition="own:songs")
    assert app.segmented_control(key="edition").value == "own:songs"
    (own_directory / "songs.json").unlink()
    app.run()
    app.button(key="start").click().run()
    assert not app.exception
    assert f"There is no edition 'own:songs': choose one of {LISTED}." in words(app)
    assert store.runs() == []


def test_a_sweep_can_learn_it(open_page, store, songs):
    app = open_page(CRITICAL)
    app.selectbox(key="sweep_edition").select("own:songs").run()
    app.number_input(key="sweep_chorales").set_value(3).run()
    for key, text in (("widths", "4, 6"), ("seeds", "0"), ("depths", "1")):
        app.text_input(key=f"sweep_{key}").set_value(text)
    app.run()
    app.button(key="start_sweep").click().run()
    assert not app.exception
    assert {(run.config().edition, run.config().width) for run in store.runs()} == {("own:songs", 4), ("own:songs", 6)}


@pytest.mark.parametrize("view", ["listen", "continue", "transition", "recall", "quiz"])
def test_every_view_of_the_chorales_page_copes_with_nothing_held_out(open_page, store, songs, view):
    add_singer(store, edition="own:songs", digest=songs.digest)
    app = open_page(CHORALES, view=view, length="24")
    assert not app.error
    assert not app.warning
    said = words(app)
    assert "Bach" not in said
    assert {"listen": "holds none out", "continue": "follows the original"}.get(view, "") in said
    tables = " ".join(" ".join(map(str, table.value.columns)) for table in app.table)
    assert "Bach" not in tables
    assert not any("Bach" in title for control in app.segmented_control for title in control.options)
    assert "held out" not in tables


@pytest.mark.parametrize("page", [RUNS, "pages/2_Learning_curves.py", CRITICAL, "pages/4_Aging.py", CHORALES])
def test_pages_of_runs_whose_data_have_gone(open_page, store, songs, own_directory, page):
    add_singer(store, edition="own:songs", digest=songs.digest)
    (own_directory / "songs.json").unlink()
    app = open_page(page)
    assert not app.exception
    wanted = [f"There is no edition 'own:songs': choose one of {LISTED}."] if page == CHORALES else []
    assert [error.value.replace("\\", "") for error in app.error] == wanted


def test_a_set_that_is_empty_is_not_offered(open_page, store, songs):
    add_singer(store, edition="own:songs", digest=songs.digest)
    app = open_page(CHORALES, split="valid")
    assert "this edition holds nothing out" in words(app)
    assert app.selectbox(key="address_split").options == ["training"]
    assert json.loads(components(app)[0].proto.json)


def test_runs_of_two_contents_of_one_name_are_not_set_beside_each_other(open_page, store, songs):
    add_singer(store, edition="own:songs", digest=songs.digest, width=4)
    add_singer(store, edition="own:songs", digest="0" * 64, width=5, name="other")
    app = open_page(CHORALES, view="transition", run=store.runs()[1].id)
    if "learned another file" in words(app):  # ids of one second are in no order
        app = open_page(CHORALES, view="transition", run=store.runs()[0].id)
    assert "learned another file" not in words(app)
    assert "There is one width only" in words(app)


def test_a_new_edition_in_the_table_is_offered_learned_and_sung(open_page, store, monkeypatch, tmp_path):
    (tmp_path / "folk.json").write_text(json.dumps({"train": TRAIN[:5]}), encoding="utf-8")
    monkeypatch.setenv("FOLK", str(tmp_path / "folk.json"))
    folk = EditionSource("folk", "the folk songs", "folk.json", "sing it again", variable="FOLK", complete=False)
    monkeypatch.setitem(EDITION_SOURCES, "folk", folk)
    app = open_page(RUNS, edition="folk", chorales="5")
    assert app.segmented_control(key="edition").options == [*SHIPPED, "folk"]
    app.button(key="start").click().run()
    assert not app.error
    (run,) = store.runs()
    assert (run.config().edition, run.config().chorales) == ("folk", 5)
    assert run.origin()["edition_digest"] == load_edition("folk").digest
    assert "folk" in open_page(CRITICAL).selectbox(key="sweep_edition").options
    add_singer(store, edition="folk", digest=load_edition("folk").digest)
    app = open_page(CHORALES, view="continue", length="24")
    assert not app.error
    assert "follows the original" in words(app)
