"""The Playground's page without its part in the browser: what that is told, and the training of a network."""

import json
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs.execution import load_data
from glassy_core.music.atlas.files import Atlas, load
from glassy_core.music.atlas.grid import CHORALES, DEPTHS, EDITION, END, SEEDS, TAUS, WIDTHS, Coordinates
from glassy_core.music.atlas.learning import Learned
from glassy_core.runs import checkpoints
from glassy_core.settings import with_dynamics
from glassy_core.training.records import fresh
from glassy_core.ui.playground import bets, page
from glassy_core.ui.playground.critical_width import NLL, critical_widths
from tests.places import place_of

FILE = "pages/0_Playground.py"
DIGEST = load_edition("corpus").digest
PLACE = Coordinates(4, 2, 14, 1)


def told(app):
    """What the part in the browser is given."""
    (component,) = [
        element for element in app.get("bidi_component") if element.proto.component_name.endswith("playground")
    ]
    return json.loads(component.proto.json)


def test_it_opens_with_a_network_that_knows_most_by_heart(open_page):
    data = told(open_page(FILE))
    assert data["start"] == {"width": 24, "depth": 2, "chorales": 8, "seed": 0, "tau": 400.0, "chorale": 3}
    assert data["runs"] == {}
    assert data["mayTrain"]
    assert set(data["urls"]["songs"]) == {str(depth) for depth in DEPTHS}
    assert data["critical"]["2"]["8"] > data["critical"]["2"]["4"]


def test_the_address_says_where_to_begin_and_what_it_cannot_is_said(open_page):
    app = open_page(FILE, w="48", d="1", n="2", seed="1", tau="12.5", chorale="7")
    assert told(app)["start"] == {"width": 48, "depth": 1, "chorales": 2, "seed": 1, "tau": 12.5, "chorale": 2}
    app = open_page(FILE, w="23", n="many", tau="1e9")
    assert told(app)["start"]["width"] == 24
    (warning,) = app.warning  # one box: the figure stays in sight
    for asked in ("w=23", "n=many", "tau=1e9"):
        assert f"The address asks for {asked}: it must be " in warning.value.replace("\\", "")


def test_runs_of_its_networks_are_linked_flows_before_steps(open_page, store):
    flow = store.create(PLACE.config, DIGEST)
    store.create(with_dynamics(PLACE.config, "steps"), DIGEST)
    checkpoints.write(flow.checkpoints, fresh(PLACE.config))
    assert told(open_page(FILE))["runs"] == {PLACE.name: {"id": flow.id, "sings": 0}}


def test_a_network_is_trained_as_the_flow_that_the_atlas_has(store):
    outcome = page.start_training(PLACE.name, "flow")
    (run,) = store.runs()
    assert run.config().only("world", "learning") == PLACE.config.only("world", "learning")
    assert (run.config().until, run.config().stop_nll) == (PLACE.config.until, PLACE.config.stop_nll)
    assert "Started w=14 d=2, 4 chorales." in outcome.done
    again = page.start_training(PLACE.name, "flow")  # clicked twice
    assert again.started == outcome.started == (run.id,)
    assert len(store.runs()) == 1


@pytest.mark.parametrize("chorales", CHORALES)
def test_a_network_is_trained_by_steps_where_asked(store, chorales):
    place = replace(PLACE, chorales=chorales)
    page.start_training(place.name, "flow")
    outcome = page.start_training(place.name, "steps")
    (run,) = (run for run in store.runs() if run.id in outcome.started)
    config = run.config()
    assert (config.dynamics, config.gradient, config.eta) == ("steps", "delayed", 0.005)
    assert config.steps * config.eta == pytest.approx(END)
    assert page.runs_of_networks()[place.name]["id"] != run.id  # flows first
    assert 0.2 < config.batch_size / load_data(config, load_edition(EDITION))[0].P < 0.8


@pytest.mark.parametrize("name", ["", "8-2-23-0", "../8-2-24-0"])
def test_no_other_network_is_trained(store, name):
    with pytest.raises(page.ConfigError, match="The atlas has no network"):
        page.start_training(name, "flow")
    assert store.runs() == []


def test_critical_widths_are_those_of_the_curves():
    """1/tau* = (w - w_c) / 1000 exactly, where the NLL falls as 1/tau."""

    def learned(place):
        rate = (place.width - 2 * place.chorales - place.depth) / 1000
        tau = np.array(TAUS)
        nll = np.clip(NLL / (tau * rate), None, 1.0) if rate > 0 else np.full(len(tau), 0.5)
        return Learned(nll, np.zeros((len(tau), place.chorales), dtype=np.int64), ())

    places = [Coordinates(n, d, w, s) for n in CHORALES for d in DEPTHS for w in WIDTHS for s in SEEDS]
    widths = critical_widths(Atlas("corpus", "digest", {place: learned(place) for place in places}))
    for depth in DEPTHS:
        for n in CHORALES[1:]:
            assert widths[depth][n] == pytest.approx(2 * n + depth, abs=0.6)


def test_the_class_bets_before_it_sees_the_answer(open_page, store):
    bets.open_question(2, 8)
    one, other = open_page(FILE), open_page(FILE)
    assert one.title[0].value == "Predict first"
    asked = place_of(one, "bets")
    assert not any(part.proto.component_name.endswith("playground") for part in one.get("bidi_component"))
    enough = bets.sufficient_width(load(songs=False), 2, 8)
    one.button_group(key="bet").set_value(WIDTHS[0]).run()
    one.button_group(key="bet").set_value(enough).run()  # one bet a browser: the last one
    other.button_group(key="bet").set_value(WIDTHS[-1]).run()
    assert sorted(bets.sitting().votes.values()) == [enough, WIDTHS[-1]]
    assert "**2 bets** so far." in [words.value for words in other.run().markdown]
    assert not any("The answer" in words.value for words in other.markdown)
    one.button(key="bets_show").click().run()
    said = [words.value.replace("\xa0", " ") for words in other.run().markdown]
    assert any(f"**w = {enough}**. 1 of 2 bets had it." in words for words in said)
    assert not other.button_group  # too late
    assert f"Your bet: **w = {WIDTHS[-1]}**." in said
    assert place_of(other, "bets") == asked  # what is drawn again by itself must not move
    one.button(key="bets_close").click().run()
    assert place_of(one, "bets") == asked
    assert told(one)["start"]["width"] == 24


def test_the_width_that_suffices_is_that_from_which_on_all_do():
    def learned(place, nll):
        return Learned(np.array([1.0, nll]), np.zeros((2, 1), dtype=np.int64), ())

    good = {place: 0.005 for w in WIDTHS[3:] for s in SEEDS if (place := Coordinates(1, 1, w, s))}
    bad = {place: 0.02 for w in WIDTHS[:3] for s in SEEDS if (place := Coordinates(1, 1, w, s))}

    def width(nlls):
        return bets.sufficient_width(Atlas("corpus", "", {p: learned(p, nll) for p, nll in nlls.items()}), 1, 1)

    assert width(good | bad) == WIDTHS[3]
    assert width(good | bad | {Coordinates(1, 1, WIDTHS[5], SEEDS[-1]): 0.02}) == WIDTHS[6]
    assert width(good | bad | {Coordinates(1, 1, WIDTHS[-1], 0): 0.02}) is None


@pytest.mark.parametrize(("depth", "chorales"), [(0, 0), (2, 3), (7, 8)])
def test_bets_on_other_networks_are_refused(depth, chorales):
    with pytest.raises(page.ConfigError, match="choose on the page"):
        bets.open_question(depth, chorales)
