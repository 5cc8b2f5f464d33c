"""The Chorales page without a browser: what it plays, what it says, and that its address is the piece."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.music.decoding import DECODINGS, DecodingConfig
from glassy_core.music.generation import Cycle
from glassy_core.music.piece import Piece
from glassy_core.music.shelf import shelf
from glassy_core.music.voices import NAMES
from glassy_core.runs import checkpoints
from glassy_core.training.records import fresh
from glassy_core.ui.chorales import continuation, downloads, singers, transition
from glassy_core.ui.chorales.songs import ending
from tests.components import components
from tests.made_decoding import Loudest
from tests.made_runs import BASE, W_C, WIDTHS, write_run, write_sweep
from tests.singers import HELD, add_singer

ROOT = Path(__file__).resolve().parents[2]
PAGE = "pages/5_Chorales.py"
TRAIN = load_edition("corpus").splits["train"]


def sent(app):
    """What the page hands to its players, in their order."""
    data = [json.loads(component.proto.json) for component in components(app)]
    return [values for values in data if "notes" in values]


def sound_bar(app):
    """What the page hands to its sound bar."""
    (data,) = [values for values in (json.loads(c.proto.json) for c in components(app)) if "tempo" in values]
    return data["tempo"], data["instrument"]


def figures(app):
    data = [json.loads(component.proto.json) for component in components(app)]
    return [json.loads(values["figure"]) for values in data if "figure" in values]


def chords(player):
    """The chords that a player's notes make up."""
    out = [set() for _ in range(player["chords"])]
    for _, onset, length, pitch in player["notes"]:
        for t in range(onset, onset + length):
            out[t].add(pitch)
    return tuple(tuple(sorted(chord)) for chord in out)


def plain(text):
    return text.replace("\\", "")


def words(app):
    kinds = ("markdown", "caption", "info", "warning", "error", "success")
    return plain(" ".join(element.value for kind in kinds for element in app.get(kind))).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def address(app):
    """The page's address, a value a name."""
    return {key: value if isinstance(value, str) else value[0] for key, value in app.query_params.items()}


def test_an_empty_store_says_what_to_do(open_page):
    app = open_page(PAGE)
    assert "No network can sing yet" in app.info[0].value
    assert not components(app)


def test_a_run_without_a_checkpoint_does_not_sing(open_page, store):
    add_singer(store, steps=(0,)).checkpoints.joinpath("step-000000000000.safetensors").unlink()
    assert "No network can sing yet" in open_page(PAGE, view="listen").info[0].value


def test_it_sings_at_once_and_says_where_that_ends(open_page, store):
    add_singer(store)
    app = open_page(PAGE, view="listen")
    (player,) = sent(app)
    assert chords(player) == TRAIN[0][:4] + (HELD,) * 60
    assert (player["chords"], player["prime"], sound_bar(app)) == (64, 4, (80, "organ"))
    assert player["sure"][0] is None
    assert player["sure"][4:] == pytest.approx([1 / (1 + 2.718281828**-10) ** 54] * 60, abs=1e-3)
    assert player["svg"].count('class="notehead"') == 4 * 64  # unisons are two notes
    assert player["instruments"]["organ"].endswith(".bin")
    assert player["voices"] == list(NAMES)
    assert "It holds one chord from chord 5 on, for good: a fixed point." in words(app)
    assert address(app) == {"run": store.runs()[0].id, "step": "1000"}


def test_a_fresh_page_composes_and_each_door_keeps_its_own_settings(open_page, store):
    add_singer(store, strength=0.4)
    add_singer(store, width=6, chorales=5, strength=0.4)  # learned more chorales: it composes
    app = open_page(PAGE)
    (player,) = sent(app)
    composer = next(run.id for run in store.runs() if run.config().width == 6)
    assert address(app) == {"view": "compose", "run": composer, "step": "1000"}
    assert chords(player)[:4] == load_edition("corpus").splits["valid"][15][:4]
    assert 56 <= player["chords"] <= 72
    assert max(map(len, chords(player)[4:])) <= 4
    assert re.match(r"Chorale in . (major|minor), op. 15 no. 1", plain(app.subheader[0].value))
    assert "5 chorales of Bach's" in words(app)
    assert "the best of 8 drawn at once" in words(app)
    app.button(key="another").click().run()
    assert address(app)["chorale"] == "16"
    assert chords(sent(app)[0])[:4] == load_edition("corpus").splits["valid"][16][:4]

    doors = app.segmented_control(key="address_view")
    doors.set_value("listen").run()
    assert address(app).keys() == {"run", "step"}
    assert chords(sent(app)[0])[:4] == TRAIN[0][:4]
    app.segmented_control(key="address_view").set_value("compose").run()
    assert address(app)["chorale"] == "16"
    assert chords(sent(open_page(PAGE, **address(app)))[0]) == chords(sent(app)[0])


def test_a_piece_from_the_shelf_sounds_as_it_was_put_there(open_page, store):
    add_singer(store)
    pieces = shelf()
    assert len(pieces) == 10
    app = open_page(PAGE)
    app.button(key="shelf-5").click().run()
    assert address(app)["shelf"] == "5"
    (player,) = sent(app)
    assert chords(player) == pieces[4].chords
    assert (player["prime"], player["sure"], player["considered"]) == (4, None, [])
    assert plain(app.subheader[0].value) == pieces[4].title
    assert pieces[4].words in words(app)
    assert chords(sent(open_page(PAGE, **address(app)))[0]) == pieces[4].chords
    app.toggle(key="address_four").set_value(False).run()  # another piece is composed
    assert "shelf" not in address(app)
    app.button(key="shelf-1").click().run()
    app.button(key="another").click().run()
    assert "shelf" not in address(app)
    assert plain(app.subheader[0].value).endswith("op. 15 no. 1")


def test_by_heart_opens_with_a_chorale_that_the_network_knows(open_page, store, monkeypatch):
    monkeypatch.setattr(singers, "known_by_heart", lambda *_: [1, 2])
    add_singer(store)
    app = open_page(PAGE, view="listen")
    assert address(app)["chorale"] == "1"
    assert "It holds one chord for good." in words(app)  # but what it sings here
    app.button(key="another").click().run()
    assert address(app)["chorale"] == "2"
    app.number_input(key="address_chorale").set_value(0).run()
    assert address(app)["chorale"] == "0"  # which is not what a fresh page opens with
    app.button(key="better").click().run()
    assert address(app)["chorale"] == "1"


def test_what_it_considered_is_told(open_page, store):
    add_singer(store, strength=1.0)  # each silent pitch sounds with probability 0.119
    (player,) = sent(open_page(PAGE, length="8"))
    assert [t for t, _, _ in player["considered"]].count(6) == 50
    assert {p for t, _, p in player["considered"] if t == 6} == {0.119}


def test_the_untrained_network_is_silent(open_page, store):
    add_singer(store)
    app = open_page(PAGE, step="0")
    assert "It is silent from chord 5 on, for good: a fixed point." in words(app)
    assert chords(sent(app)[0])[4:] == ((),) * 60


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"length": "many"}, "length=many: it must be a whole number from 2 to 512; 64 is used."),
        ({"length": "4"}, "length = 4 is no length for this prime: it must be from 5 to 512; 5 is used."),
        ({"k": "0"}, "k=0: it must be a whole number from 1 to 511; 4 is used."),
        ({"k": "400"}, "k = 400 is no number of chords that it has: it must be from 1 to 128; 128 is used."),
        ({"chorale": "9999"}, "chorale = 9999 is no training chorale: it must be from 0 to 204; 204 is used."),
        ({"split": "../x"}, "split=../x: it must be one of train, valid, test; train is used."),
        ({"decode": "pray"}, "decode=pray: it must be one of threshold, sample; threshold is used."),
        ({"temperature": "nan"}, "temperature=nan: it must be a number from 0.05 to 10; 1 is used."),
        ({"seed": "-1"}, "seed=-1: it must be a whole number from 0 to 1000000000; 0 is used."),
        ({"tempo": "1e9"}, "tempo=1e9: it must be a whole number from 30 to 240; 80 is used."),
        ({"instrument": "kazoo"}, "instrument=kazoo: it must be one of organ, choir, strings, piano; organ is used."),
        ({"chord": "12-64"}, "chord=12-64: it must be pitches from 43 to 96 with hyphens between them"),
        ({"ties": "<b>"}, "ties=<b>: it must be yes or no; no is used."),
        ({"view": "inside"}, "view=inside: it must be one of compose, listen, continue, transition, recall, quiz"),
        ({"step": "7"}, "step = 7 is no checkpoint of this run: it has 0, 1000; the last is used."),
        ({"run": "nobody"}, "There is no run 'nobody' with a checkpoint here: another one sings."),
    ],
)
def test_an_unusable_address_is_one_sentence(open_page, store, query, sentence):
    add_singer(store)
    app = open_page(PAGE, **query)
    assert not app.error
    assert len(app.warning) == 1
    assert sentence in plain(app.warning[0].value)
    assert sent(app)
    app.run()
    assert not app.warning  # said once


def test_the_address_reproduces_the_piece(open_page, store):
    add_singer(store, strength=0.4)
    asked = {
        "split": "valid", "chorale": "5", "k": "3", "decode": "sample", "temperature": "0.7", "four": "yes",
        "seed": "11", "take": "2", "length": "20", "tempo": "100", "instrument": "piano", "ties": "yes",
    }  # fmt: skip
    first = open_page(PAGE, **asked)
    (player,) = sent(first)
    assert chords(player)[:3] == load_edition("corpus").splits["valid"][5][:3]
    assert max(map(len, chords(player)[3:])) == 4
    assert asked.items() <= address(first).items()
    again = open_page(PAGE, **address(first))
    assert address(again) == address(first)
    assert sent(again)[0]["notes"] == player["notes"]
    assert [sent(again)[0][name] for name in ("transpose", "sounding")] == [-12, player["sounding"]]
    assert sound_bar(again) == sound_bar(first) == (100, "piano")
    for change in ({"seed": "12"}, {"take": "3"}):
        assert sent(open_page(PAGE, **address(first) | change))[0]["notes"] != player["notes"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("w = 24, near", "w---24--near"),
        ("nul", "piece-nul"),
        ("Com1", "piece-Com1"),
        ("", "piece"),
        ("é" * 80, "é" * 40),
    ],
)
def test_downloads_have_names_that_every_system_takes(name, stem):
    assert downloads.stem_of(name) == stem


def test_a_new_decoding_rule_is_offered_with_its_options(open_page, store, monkeypatch):
    monkeypatch.setitem(DECODINGS, "loudest", Loudest())
    add_singer(store)
    app = open_page(PAGE, view="listen")
    rules = app.radio(key="address_decode")
    assert rules.options == [rule.label for rule in DECODINGS.values()]
    assert rules.help.endswith("Loudest: a fixed number of pitches.")
    rules.set_value("loudest").run()
    app.slider(key="address_notes").set_value(3.0).run()
    assert chords(sent(app)[0]) == TRAIN[0][:4] + (HELD[:3],) * 60
    assert "It holds one chord from chord 5 on, for good: a fixed point." in words(app)
    assert address(app).items() >= {"decode": "loudest", "notes": "3"}.items()
    again = open_page(PAGE, **address(app))
    assert sent(again)[0]["notes"] == sent(app)[0]["notes"]
    assert not [box for box in again.number_input if box.key == "address_seed"]  # nothing is drawn
    assert "notes=9: it must be a number from 1 to 8; 2 is used." in plain(open_page(PAGE, notes="9").warning[0].value)
    assert "at τ = 0, it sings the lowest pitches there are." in words(
        open_page(PAGE, view="transition", decode="loudest")
    )


def test_a_change_is_in_the_address_and_a_default_is_not(open_page, store):
    add_singer(store)
    app = open_page(PAGE, view="listen")
    for tempo in (120, 80):
        app.session_state["address_tempo"] = tempo  # as the sound bar has it taken over
        app.run()
        assert address(app).get("tempo") == (None if tempo == 80 else "120")
        assert sound_bar(app) == (tempo, "organ")
    app.toggle(key="address_ties").set_value(True).run()
    assert address(app)["ties"] == "yes"


def test_a_chord_can_begin(open_page, store):
    add_singer(store)
    app = open_page(PAGE, prime="chord", chord="67-60", length="6")
    assert chords(sent(app)[0]) == ((60, 67), *[HELD] * 5)
    assert "C4 G4" in words(app)


def test_silence_can_begin_and_its_address_is_read_again(open_page, store):
    add_singer(store)
    app = open_page(PAGE, prime="chord", chord="silence", length="6")
    assert not app.warning
    assert chords(sent(app)[0]) == ((), *[HELD] * 5)
    assert address(app)["chord"] == "silence"


def test_another_edition_than_the_run_learned_is_flagged(open_page, store):
    add_singer(store, digest="0" * 64)
    assert "learned another file of the corpus edition (000000000000...)" in plain(
        open_page(PAGE, view="listen").warning[0].value
    )


def test_a_damaged_checkpoint_is_one_sentence(open_page, store):
    run = add_singer(store)
    path = checkpoints.path_of(run.checkpoints, 1000)
    path.write_bytes(path.read_bytes()[:-100])
    app = open_page(PAGE, view="listen")
    assert len(app.error) == 1
    assert "cannot be read as a checkpoint" in plain(app.error[0].value)
    assert sent(open_page(PAGE, step="0"))  # the other one still sings


def test_where_it_ends_is_not_claimed_before_the_state_has_closed():
    def said(start, period, state_period, chords=((60,),)):
        cycle = Cycle(start, period, state_period, 0.0, chords)
        nothing = np.zeros((64, 54))
        return ending(Piece(((60,),) * 64, 4, nothing, nothing[:, 0], DecodingConfig(), cycle))

    assert said(9, 1, 1) == "It holds one chord from chord 10 on, for good: a fixed point."
    creeping = "but the hidden state still creeps: that may yet end."
    assert said(9, 1, None) == f"It holds one chord from chord 10 on, {creeping}"
    assert said(9, 1, None, ((),)) == f"It is silent from chord 10 on, {creeping}"
    assert said(9, 4, None) == f"It falls into a **cycle of 4 chords** from chord 10 on, {creeping}"
    assert said(9, 4, 4) == "It falls into a **cycle of 4 chords** from chord 10 on, for good."
    assert said(9, 1, 2).endswith("for good; the whole hidden state comes back after 2 chords.")
    assert "from chord 65 on (after the end of this piece), for good." in said(64, 4, 4)
    assert "after the end" not in said(63, 4, 4)


def test_markup_written_into_a_name_is_not_shown(open_page, store):
    run = add_singer(store)
    (run.path / "about.json").write_text(json.dumps({"name": "<b>loud</b>", "tags": [], "note": ""}), encoding="utf-8")
    heading = open_page(PAGE, view="listen").subheader[0].value
    assert heading == r"Bach's training chorale 0, sung by the network singer \(d \= 1, w \= 4\)"


def test_likeness_stands_beside_bach(open_page, store):
    add_singer(store)
    app = open_page(PAGE, view="listen")
    table = app.table[0].value.set_index("")
    assert list(table.columns) == ["network", "Bach, learned", "Bach, held out"]
    assert table.loc["Phrases of 4 chords found there", "network"] == "0 %"
    assert table.loc["Moves: distance to the learned chorales (0 to 1)", "Bach, learned"] == "0.00"
    (figure,) = figures(app)
    own = next(trace for trace in figure["data"] if trace["name"] == "network")
    assert own["x"][0] == "C"


def test_bach_goes_on_beside_the_network(open_page, store):
    add_singer(store)
    app = open_page(PAGE, view="continue", chorale="1", k="4")
    bach, network = sent(app)
    assert chords(bach) == TRAIN[1]
    assert chords(network) == TRAIN[1][:4] + (HELD,) * (len(TRAIN[1]) - 4)
    assert (bach["prime"], bach["border"], network["border"], network["parting"]) == (len(TRAIN[1]), 4, 4, 4)
    assert f"follows Bach for **0 of {len(TRAIN[1]) - 4}** chords and leaves him at chord 5" in words(app)
    assert "which the network learned" in words(app)
    assert "never saw" in words(open_page(PAGE, view="continue", split="valid"))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [({"prime": "chord"}, "Begin with a chorale rather than a chord"), ({"k": "128"}, "choose a smaller k")],
)
def test_nothing_to_continue_is_said(open_page, store, query, sentence):
    add_singer(store)
    assert sentence in words(open_page(PAGE, view="continue", length="200", **query))


def test_the_transition_is_heard_through_widths_and_tau(open_page, store):
    for width in (4, 6, 8, 10):
        add_singer(store, steps=(0, 10, 1000), width=width, name=f"w{width}")
    add_singer(store, width=7, chorales=5)  # learned other data: not compared
    run = next(run for run in store.runs() if run.config().width == 4)
    app = open_page(PAGE, view="transition", run=run.id)
    players = sent(app)
    assert len(players) == 3 + 3  # widths 4, 8, 10; tau = 0, 0.1, 10
    assert all(player["small"] for player in players)
    text = words(app)
    assert [f"**w = {width}**" in text for width in (4, 6, 7, 8, 10)] == [True, False, False, True, True]
    assert all(f"**τ = {tau}**" in text for tau in ("0", "0.1", "10"))
    assert "It is silent from chord 5 on, for good" in text
    assert "at τ = 0, it finds no pitch more likely than not and is silent" in text
    by_lot = words(open_page(PAGE, view="transition", run=run.id, decode="sample"))
    assert "it tosses a coin for every pitch: noise" in by_lot


def test_the_chosen_run_sings_for_its_width_and_else_the_one_that_learned_longest(open_page, store):
    def learned(strength, tau, **changes):
        run = add_singer(store, strength=strength, **changes)
        run.write_state(replace(run.state(), tau=tau))
        return run

    chosen = learned(5.0, tau=1.0, name="chosen")
    learned(-5.0, tau=9.0, seed=1)  # it would sing every other pitch
    learned(5.0, tau=9.0, width=6)
    learned(-5.0, tau=0.0, width=6, seed=1)  # the newest has hardly begun
    learned(-5.0, tau=9.0, width=8, gradient="exact")  # learns in another way
    players = sent(open_page(PAGE, view="transition", run=chosen.id))
    assert [chords(player)[4:] == (HELD,) * transition.HEARD for player in players[:2]] == [True, True]
    assert len(players) == 2 + 2  # two widths; two checkpoints


def test_one_width_alone_asks_for_others(open_page, store):
    add_singer(store)
    assert "Start the class trio" in words(open_page(PAGE, view="transition"))


def test_recall_is_drawn_against_width_and_tau(open_page, store):
    for width in (4, 6):
        add_singer(store, width=width, name=f"w{width}")
    app = open_page(PAGE, view="recall")
    by_width, by_tau = figures(app)
    assert sorted(by_width["data"][0]["x"]) == [4, 6]
    assert by_width["data"][0]["y"] == [0, 0]  # neither goes on as Bach did
    assert {trace["x"][0] for trace in by_tau["data"]} == {10.0}  # tau = 0 has no place on the axis
    assert "No critical width is marked" in words(app)


def test_recall_marks_the_critical_width_of_comparable_runs_only(open_page, store):
    made = [*write_sweep(store, depths=(2,), seeds=(0,)), *write_sweep(store, depths=(1,), seeds=(0,))]
    other = replace(BASE, gradient="exact", width=200)
    made.append(write_run(store, other, [1.0, 2.0], [0.5, 0.001]))  # learns in another way: not in one fit
    for run in made:
        checkpoints.write(run.checkpoints, replace(fresh(run.config()), step=100))
    app = open_page(PAGE, view="recall", run=made[0].id)
    by_width, _ = figures(app)
    assert sorted(by_width["data"][0]["x"]) == sorted(WIDTHS)
    (marked,) = [shape["x0"] for shape in by_width["layout"]["shapes"] if shape["x0"] == shape["x1"]]
    assert marked == pytest.approx(W_C[2], abs=2)
    assert f"w<sub>c</sub> = {marked:.3g}" in {note["text"] for note in by_width["layout"]["annotations"]}


def test_recall_says_which_chorales_are_too_short(open_page, store):
    add_singer(store)
    short = sum(len(chorale) <= 100 for chorale in TRAIN[:3])
    assert f"{short} of them are no longer than 100 chords" in words(open_page(PAGE, view="recall", k="100"))
    app = open_page(PAGE, view="recall", k="128")
    assert "No learned chorale goes on after 128 chords" in app.info[0].value
    assert not figures(app)


def test_the_quiz_is_blind_and_keeps_the_score(open_page, store):
    add_singer(store)
    app = open_page(PAGE, view="quiz")
    right = 0
    for number in range(1, 4):
        players = sent(app)
        assert [(p["prime"], p["border"], p["sure"], p["legend"]) for p in players] == [(20, 0, None, [])] * 2
        bach = next(k for k in range(2) if chords(players[k])[4:] != (HELD,) * 16)
        app.button(key="answer_A").click().run()
        right += bach == 0
        said = " ".join(plain(part.value) for part in app.markdown)
        assert f"{'AB'[bach]} is Bach, {'BA'[bach]} the network" in said.replace("*", "")
        assert ("You had it." if bach == 0 else "You took the network for it") in said
        assert not [*app.error, *app.warning]
        assert app.metric[0].value == f"{right} of {number}"
        app.button(key="quiz_next").click().run()
    app.button(key="quiz_over").click().run()
    assert not app.metric


def test_an_answer_is_about_the_excerpts_that_were_heard(open_page, store):
    add_singer(store)
    app = open_page(PAGE, view="quiz")
    app.button(key="answer_A").click().run()
    assert not [b for b in app.button if b.key == "answer_A"]
    app.radio(key="quiz_split").set_value("train").run()  # another pair, which nobody has judged
    assert [player["prime"] for player in sent(app)] == [20, 20]
    assert app.button(key="answer_A")
    assert app.metric[0].value.endswith("of 1")  # the score is kept


def test_no_engine_is_loaded_before_something_sounds(store):
    script = (
        "import sys\nfrom streamlit.testing.v1 import AppTest\n"
        "from glassy_core.jobs import dispatcher\ndispatcher.ensure_dispatcher = lambda store: None\n"
        "import glassy_core.ui.chorales.listen, glassy_core.ui.chorales.recall, glassy_core.ui.chorales.quiz\n"
        f"app = AppTest.from_file('app.py', default_timeout=60).switch_page({PAGE!r}).run()\n"
        "assert not app.exception, app.exception\n"
        "sys.exit(', '.join({'torch', 'numba'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=os.environ, capture_output=True, encoding="utf-8"
    )
    assert result.returncode == 0, result.stderr


def test_two_places_that_look_alike_to_a_network_are_named():
    a, b, c, d, e = ((60 + n,) for n in range(5))
    written = (a, b, c, d, a, b, c, e)
    assert "before chord 8, too" in continuation.crossroads(written, 3)
    assert "before chord 4, too" in continuation.crossroads(written, 7)
    assert continuation.crossroads(written, 4) == ""
    assert continuation.crossroads(written, None) == ""


def test_the_transition_opens_with_the_chorale_whose_fates_differ_most():
    under, near, over = [28, 0, 0, 60], [28, 20, 60, 60], [28, 60, 60, 60]
    assert transition.telling([under, near, over]) == 2  # 60, 60 and 0 of 60 chords
    assert transition.telling([[5, 5]]) == 0
    assert transition.telling([]) == 0


def test_a_chorale_that_the_address_names_stays_in_the_transition(open_page, store):
    for width in (4, 6):
        add_singer(store, width=width)
    app = open_page(PAGE, view="transition")
    assert "".join(app.query_params["chorale"]) == "0"  # nothing tells these apart: the first
    for number in (2, 0):
        app.number_input(key="address_chorale").set_value(number).run()
        assert "".join(app.query_params["chorale"]) == str(number)


def test_what_another_page_had_chosen_is_not_taken_over(open_page, store):
    add_singer(store)
    app = open_page("pages/0_Playground.py")
    app.session_state["address_chorale"] = 3
    app.switch_page(PAGE).run()
    assert address(app)["view"] == "compose"
    assert "chorale" not in address(app)
