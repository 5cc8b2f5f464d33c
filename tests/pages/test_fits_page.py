"""Fits, bands, spikes, the noise probe and the map on the Learning curves page, without a browser."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.files import write_json
from glassy_core.paper.numbers import CURVES
from glassy_core.physics.learning_curves.power_law import fit_power_law
from glassy_core.presets import PRESETS
from glassy_core.runs import checkpoints, probes
from glassy_core.runs.run import RunBusyError
from glassy_core.runs.state import State
from glassy_core.settings import RunConfig
from glassy_core.training.probe import Probe, Trace
from glassy_core.training.records import fresh
from glassy_core.ui.results import fits
from tests.components import components
from tests.core.physics.test_clock import made

# `store` is the fixture of these pages: a store of its own, nothing trained.
from tests.pages.test_curves import NEAR, add, opened, store, words  # noqa: F401


def record(run, config, nll, eta=None):
    """Records of NLLs every 20 steps."""
    lines, tau = [], 0.0
    for k, value in enumerate(nll):
        now = config.eta if eta is None else eta[k]
        row = {"step": 20 * k, "tau": tau, "eta": now, "nll": value, "nll_minibatch": value, "accuracy": 0.9}
        lines.append(json.dumps(row))
        tau += 20 * now
    run.metrics_path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def law(n=3000, nll_inf=0.02, a=0.8, seed=0, config=NEAR):
    tau = np.maximum(20 * config.eta * np.arange(n), 0.1)
    noise = 1 + 0.02 * np.random.default_rng(seed).normal(size=n)
    return ((nll_inf + 0.4 * tau**-a) * noise).tolist()


def power(store, status="finished", config=NEAR, **of_law):  # noqa: F811
    run = add(store, config, status=status)
    record(run, config, law(config=config, **of_law))
    return run


def table(app):
    """The fits' numbers: quantity -> one value a column."""
    frame = app.table[0].value
    return {row.iloc[0]: list(row.iloc[1:]) for _, row in frame.iterrows()}


def figures(app):
    return [json.loads(json.loads(part.proto.json)["figure"]) for part in components(app)]


def legend(app):
    return [trace["name"] for trace in figures(app)[0]["data"] if trace["showlegend"]]


def kinds(figure):
    return {trace["meta"] for trace in figure["data"]}


def window(app):
    return json.loads(components(app)[0].proto.json)["window"]


def test_nothing_is_fitted_before_it_is_asked_for(store):  # noqa: F811
    power(store)
    app = opened()
    assert "fit" not in kinds(figures(app)[0])
    assert window(app) is None
    assert not app.number_input


def test_the_switch_fits_every_run_and_says_the_numbers(store):  # noqa: F811
    power(store, config=replace(NEAR, name="one"))
    app = opened(fit="true")
    plot, straight = figures(app)
    assert {"fit", "fit-band", "training"} <= kinds(plot)
    assert kinds(straight) == {"straight", "straight-fit", "residuals"}
    config = replace(NEAR, name="one")
    tau = 20 * config.eta * np.arange(3000)
    fit = fit_power_law(tau, law())
    found = table(app)
    assert found["estimates are"] == ["reliable"]
    assert found["exponent a"] == [f"{fit.exponent.value:.3g} [{fit.exponent.low:.3g}, {fit.exponent.high:.3g}]"]
    assert found["does it tend to 0 bits?"] == ["no"]
    assert float(found["and AIC higher by"][0].replace("\u202f", "")) == pytest.approx(fit.pure.delta_aic, rel=0.01)
    assert found["floor of the data (bits)"] == ["0"]
    assert window(app) == pytest.approx(fit.window)
    assert "pull on each other" in words(app)


def test_the_window_is_in_the_url_and_reaches_the_fit(store):  # noqa: F811
    power(store)
    app = opened(fit="true", **{"from": "10", "to": "100"})
    assert table(app)["window in τ"] == ["10 to 100"]
    assert window(app) == [10, 100]
    app.number_input(key="to").set_value(200.0).run()
    assert table(app)["window in τ"] == ["10 to 200"]
    open_end = opened(fit="true", **{"from": "10"})
    assert table(open_end)["window in τ"] == ["10 to 299.9"]


def test_a_window_that_is_none_is_one_sentence(store):  # noqa: F811
    power(store)
    for low, high in (("100", "10"), ("-5", "10"), ("0", "")):
        app = opened(fit="true", **{"from": low, "to": high})
        assert "give two positive numbers" in app.error[0].value.replace("\\", "")
        assert table(app)["estimates are"]  # own windows meanwhile


def test_own_windows_come_back(store):  # noqa: F811
    power(store)
    app = opened(fit="true", **{"from": "10", "to": "100"})
    button = next(button for button in app.button if button.label == "Own windows")
    button.click().run()
    assert app.number_input(key="from").value is None
    assert table(app)["window in τ"] != ["10 to 100"]


def test_a_doubtful_fit_is_marked_and_not_hidden(store):  # noqa: F811
    power(store, config=replace(NEAR, name="flat"), nll_inf=0.3, a=0.0)
    app = opened(fit="true")
    assert "Unreliable. " in words(app)
    assert not app.warning  # a doubt about a fit is no fault of the reader's
    assert "no decay to fit" in words(app)
    assert table(app)["estimates are"] == ["**unreliable**"]
    assert table(app)["does it tend to 0 bits?"] == ["the data cannot tell"]
    assert "fit" in kinds(figures(app)[0])


def test_a_run_with_few_records_says_what_is_missing(store):  # noqa: F811
    add(store, NEAR)
    app = opened(fit="true")
    assert "a fit needs" in words(app)
    assert table(app)["exponent a"] == ["–"]
    assert len(figures(app)) == 1


def test_the_papers_values_stand_beside(store):  # noqa: F811
    config = RunConfig(name="paper", depth=2, width=90, edition="paper", eta=5e-3)
    power(store, config=config)
    column = table(opened(fit="true"))
    assert column["the paper's NLL∞, a"] == [f"{CURVES[2, 90].nll_inf:g}, {CURVES[2, 90].exponent:g}"]


def test_seeds_become_one_band_with_the_sisters_of_the_store(store):  # noqa: F811
    runs = [power(store, config=replace(NEAR, name="near", seed=seed), seed=seed) for seed in range(3)]
    power(store, config=replace(NEAR, name="other", width=25))
    app = opened(seeds="true", fit="true", run=runs[0].id)
    assert legend(app) == ["near (d = 2, w = 24), 3 seeds"]
    assert "training-band" in kinds(figures(app)[0])
    assert table(app)["estimates are"] == ["reliable"]
    assert "seeds' spread" in words(app)
    app.toggle(key="seeds").set_value(False).run()
    assert len(legend(app)) == 1
    assert "training-band" not in kinds(figures(app)[0])


def test_a_band_is_not_named_after_one_of_its_seeds(store):  # noqa: F811
    runs = [power(store, config=replace(NEAR, name="", seed=seed), seed=seed) for seed in (3, 4)]
    assert legend(opened(seeds="true", run=runs[0].id)) == ["d=2 w=24, 2 seeds"]
    assert legend(opened(run=runs[0].id)) == ["d=2 w=24 seed=3"]


@pytest.mark.parametrize("records", [0, 30])
@pytest.mark.parametrize("begin", [None, "5"], ids=["own window", "from tau = 5"])
def test_a_sister_that_has_hardly_begun_leaves_fit_and_band_as_they_are(store, records, begin):  # noqa: F811
    runs = [power(store, config=replace(NEAR, name="near", seed=seed), seed=seed) for seed in range(3)]
    late = add(store, replace(NEAR, name="near", seed=7), status="training")
    late.metrics_path.write_text("", encoding="utf-8")
    if records:
        record(late, NEAR, law(records))
    app = opened(seeds="true", fit="true", run=runs[0].id, **({"from": begin} if begin else {}))
    assert legend(app) == ["near (d = 2, w = 24), 3 of 4 seeds"]
    assert "training-band" in kinds(figures(app)[0])
    assert table(app)["estimates are"] == ["reliable"]
    low, high = (float(end) for end in table(app)["window in τ"][0].split(" to "))
    assert low < 30 < high


def test_a_sister_without_records_leaves_the_map_entry_as_it_is(store):  # noqa: F811
    runs = [power(store, config=replace(NEAR, seed=seed), seed=seed) for seed in range(3)]
    late = add(store, replace(NEAR, seed=7), status="training")
    late.metrics_path.write_text("", encoding="utf-8")
    whole = fits.fit_whole([run.id for run in (*runs, late)])
    assert whole.exponent == fits.fit_whole([run.id for run in runs]).exponent
    assert whole.reliable
    assert "1 of 4 seeds" in whole.left_out


def test_runs_of_another_edition_are_not_sisters(store):  # noqa: F811
    run = power(store)
    other = store.create(replace(NEAR, seed=1), "0" * 64)
    record(other, NEAR, law(seed=1))
    other.write_state(State(status="finished"))
    assert legend(opened(seeds="true", run=run.id)) == ["near (d = 2, w = 24)"]


def spiky(n=400, tops=(300, 330, 360)):
    nll = [0.1] * n
    for top in tops:
        nll[top] = 0.6
    return nll


def halves(app):
    return [button for button in app.button if button.label.startswith(("Halve", "η ="))]


def test_spikes_are_marked_and_halving_is_a_click(store):  # noqa: F811
    run = add(store, NEAR)
    record(run, NEAR, spiky())
    run.write_state(State(status="running", heartbeat=time.time(), host="elsewhere"))
    app = opened()
    assert "spikes" in kinds(figures(app)[0])
    assert "Halve eta, as the paper did" in words(app)
    assert not app.warning  # spikes are physics, no fault of the reader's
    (button,) = halves(app)
    assert button.label == "Halve η to 0.0025"
    run.write_state(replace(run.state(), eta=NEAR.eta / 4))  # the run, or another tab, was faster
    button.click().run()
    assert run.requested_eta() is None
    assert "goes on with eta = 0.00125 by now" in app.error[0].value.replace("\\", "")
    run.write_state(replace(run.state(), eta=NEAR.eta))
    halves(app)[0].click().run()
    assert run.requested_eta() == NEAR.eta / 2
    (button,) = halves(app)
    assert button.disabled
    assert "on its way" in button.label


def test_no_button_for_a_run_that_is_over_or_calm(store):  # noqa: F811
    run = add(store, NEAR)
    record(run, NEAR, spiky())
    app = opened()
    assert halves(app) == []
    assert "Rings mark chaotic spikes" in words(app)
    calm = add(store, NEAR)
    record(calm, NEAR, spiky(tops=()))
    assert "Rings" not in words(opened(run=calm.id))


@pytest.fixture
def probed(store):  # noqa: F811
    """A run with two checkpoints of its weights."""
    run = power(store)
    for step in (0, 256):
        checkpoints.write(run.checkpoints, replace(fresh(NEAR), step=step))
    return run


def keep(run, step=256, sizes=(75, 300)):
    rng = np.random.default_rng(0)
    traces = tuple(Trace(p, rng.normal(0.1, 1 / p, 50), rng.normal(0.1, 2 / p, 50)) for p in sizes)
    path = probes.path_of(run, step, sizes)
    path.parent.mkdir(exist_ok=True)
    write_json(path, Probe(step, 1.3, 5e-3, "zero", traces).to_json())


def test_the_probe_starts_with_what_the_reader_chose(store, probed, monkeypatch):  # noqa: F811
    asked = []
    monkeypatch.setattr(probes, "start", lambda run, step, sizes: asked.append((run.id, step, sizes)))
    app = opened(noise="true", sizes="10,all")
    assert "weights only" in words(app)
    app.button(key="probe_start").click().run()
    assert asked == [(probed.id, 256, (10, "all"))]


def test_what_cannot_be_probed_is_one_sentence(store, probed, monkeypatch):  # noqa: F811
    app = opened(noise="true", sizes="many")
    app.button(key="probe_start").click().run()
    assert "give whole numbers" in app.error[0].value.replace("\\", "")

    def busy(*_):
        raise RunBusyError("This probe is being measured already.")

    monkeypatch.setattr(probes, "start", busy)
    app = opened(noise="true")
    app.button(key="probe_start").click().run()
    assert "already" in app.error[0].value.replace("\\", "")


def test_progress_and_failures_are_shown(store, probed):  # noqa: F811
    path = probes.path_of(probed, 256, (5,))
    with probes.held(path):
        write_json(path.with_suffix(".progress"), {"done": 3, "total": 10, "at": 0})
        app = opened(noise="true")
        assert app.get("progress")[0].proto.value == 30
    app = opened(noise="true")
    assert "ended before it was done" in app.error[0].value.replace("\\", "")
    next(button for button in app.button if button.label == "Dismiss").click().run()
    assert not app.error
    assert not path.with_suffix(".progress").exists()


def test_a_kept_probe_is_drawn_with_means_and_spreads(store, probed):  # noqa: F811
    keep(probed)
    app = opened(noise="true")
    assert kinds(figures(app)[1]) == {"trace", "mean", "spread"}
    assert next(box for box in app.selectbox if box.label == "Measured").options == ["step 256, p = 75, 300"]
    assert list(app.table[-1].value["minibatch size"]) == ["p = 75", "p = 300"]
    assert "2 times" in words(app)  # the square root of 300 / 75
    assert "the delayed errors began at zero" in words(app)


def test_a_broken_result_is_one_sentence(store, probed):  # noqa: F811
    keep(probed)
    probes.path_of(probed, 256, (75, 300)).write_text("{}", encoding="utf-8")
    assert "measure it anew" in opened(noise="true").error[0].value


def test_a_run_without_checkpoints_cannot_be_probed(store):  # noqa: F811
    power(store)
    app = opened(noise="true")
    assert "No checkpoint of this run is kept here" in words(app)
    assert not [button for button in app.button if button.key == "probe_start"]


def test_the_map_is_made_only_when_it_is_opened(store):  # noqa: F811
    for width in (10, 20):
        for seed in (0, 1):
            power(store, config=replace(NEAR, width=width, seed=seed, name=""), seed=seed)
    power(store, config=replace(PRESETS["class-over"].config, chorales=9))
    assert len(figures(opened())) == 1
    app = opened(map="true")
    (estimates,) = figures(app)[-1]["data"]
    assert len(estimates["x"]) == 2
    assert "2 of 2 estimates are reliable" in words(app)
    app.selectbox(key="map_data").set_value("9 chorales of the corpus edition").run()
    assert "1 of 1 estimates" in words(app)
    app.selectbox(key="map_data").set_value("every task with a critical width").run()
    assert "No task has a critical width yet" in " ".join(info.value for info in app.info)


def test_the_rivals_stand_beside_the_power_law(store):  # noqa: F811
    run = power(store)
    table = opened(run=run.id, fit="true").table[1].value
    assert list(table["law"])[:2] == ["the power law", "a logarithm, 1/log τ"]
    assert all(cell.split(" %")[0].replace(".", "").replace("e+", "").isdigit() for cell in table.iloc[:, 1])


def test_a_network_that_learned_in_other_ways_stands_beside_its_flow(store, open_page):  # noqa: F811
    power(store)
    app = open_page("pages/2_Learning_curves.py", clock="true")
    assert "No network here has learned in two ways" in " ".join(info.value for info in app.info)
    made(store)
    app.run()
    assert not app.exception
    lines = [trace for figure in figures(app) for trace in figure["data"] if trace.get("meta") == "clock"]
    assert [line["name"] for line in lines] == [
        "η = 0.005, p = 300", "η = 0.02, p = 300", "η = 0.005, all transitions, exact gradient",
    ]  # fmt: skip
