"""The Aging page without a browser: on made aging, on nothing, and on nonsense."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from glassy_core.commands.main import main
from glassy_core.paper.aging import fully_aged
from glassy_core.paper.findings import TOO_UNCERTAIN, Statement
from glassy_core.paper.text import text
from glassy_core.physics.estimate import Estimate
from glassy_core.presets import CLASS_AGING, PRESETS
from glassy_core.runs import checkpoints
from glassy_core.runs.state import State
from glassy_core.settings import with_dynamics
from glassy_core.training.records import fresh
from glassy_core.ui.aging.sections import _kind_of_aging
from tests.components import components
from tests.made_runs import BASE, EXPONENT, write_aging, write_run

PAGE = "pages/4_Aging.py"


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.success)
    return (
        " ".join(element.value for kind in kinds for element in kind)
        .replace("\\", "")
        .replace("\N{NO-BREAK SPACE}", " ")
    )


def sent(app):
    return [json.loads(component.proto.json) for component in components(app)]


def traces(app, kind):
    return [t for data in sent(app) for t in json.loads(data["figure"])["data"] if t.get("meta") == kind]


def numbers(values):
    """A column of a trace, which travels as bytes."""
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])


def test_an_empty_store_offers_a_start(open_page):
    app = open_page(PAGE)
    assert "No run has waiting times yet" in app.info[0].value
    assert app.button(key="start_aging")
    assert not sent(app)


def test_the_class_presets_measure_long_enough():
    for key, width in zip(CLASS_AGING, (10, 24, 48), strict=True):
        config = PRESETS[key].config
        assert (config.width, config.depth, config.chorales, config.eta) == (width, 2, 8, 5e-3)
        assert config.waiting_times == (10_000, 20_000, 40_000, 80_000)
        assert config.steps >= 4 * config.waiting_times[-1]


def test_the_papers_depth_two_presets_have_its_waiting_times():
    for key in ("paper-d2-under", "paper-d2-near", "paper-d2-over"):
        config = PRESETS[key].config
        assert [step * config.eta for step in config.waiting_times] == pytest.approx([80, 160, 320, 640, 1280])
        assert config.steps >= 4 * config.waiting_times[-1]


def test_one_click_starts_the_three_of_the_class_world(open_page, store):
    app = open_page(PAGE)
    app.button(key="start_aging_trio").click().run()
    assert not app.exception
    assert "Queued 3 runs." in words(app)
    assert {run.config() for run in store.runs()} == {PRESETS[key].config for key in CLASS_AGING}


def test_a_preset_is_started_with_several_seeds(open_page, store):
    app = open_page(PAGE)
    app.selectbox(key="aging_preset").select("class-aging-near").run()
    app.text_input(key="aging_seeds").set_value("3, 4").run()
    app.button(key="start_aging").click().run()
    preset = PRESETS["class-aging-near"].config
    assert {run.config() for run in store.runs()} == {replace(preset, seed=3), replace(preset, seed=4)}


@pytest.mark.parametrize("text", ["", "many", "-1", " ".join(map(str, range(200)))])
def test_bad_seeds_are_one_sentence(open_page, store, text):
    app = open_page(PAGE)
    app.text_input(key="aging_seeds").set_value(text).run()
    assert not app.exception
    assert len(app.error) == 1
    assert app.button(key="start_aging").disabled
    assert store.runs() == []


def test_columns_beside_each_other_as_in_the_paper(open_page, store):
    for key in CLASS_AGING:
        write_aging(store, key)
    app = open_page(PAGE)
    alts = [data["alt"] for data in sent(app)]
    for width in (10, 24, 48):
        # against tau, against x, and by kind
        assert sum(f"d = 2, w = {width}" in alt and ";" not in alt.split(":")[0] for alt in alts) >= 3
    assert len(traces(app, "gamma")) == 3
    assert len(traces(app, "error")) == 3


def test_the_made_exponents_are_in_the_words(open_page, store):
    write_aging(store)
    text = words(open_page(PAGE))
    assert f"α = {EXPONENT} " in text
    assert "best at μ = 1.00" in text
    assert "It agrees with full aging." in text
    assert "b = 0.66" in text
    assert "0.7 ± 0.1" in text  # the paper's


@pytest.mark.parametrize(
    ("mu", "verdict", "said"),
    [
        (Estimate(0.97, 0.9, 1.05), "agrees", "It agrees with full aging."),
        (Estimate(0.97, 0.6, 1.4), "open", TOO_UNCERTAIN),
        (Estimate(0.81, 0.805, 0.815), "differs", "It ages, but slows down less than in proportion to its age."),
        (Estimate(1.15, 1.05, 1.3), "differs", "It slows down even more than in proportion to its age."),
        (Estimate(0.5, -0.02, 1.05), "open", TOO_UNCERTAIN),
        (Estimate(1.18, 0.45, 1.91), "open", TOO_UNCERTAIN),
        (Estimate(1.41, 1.25, 1.57), "differs", "It slows down even more than in proportion to its age."),
    ],
)
def test_the_words_on_full_aging_are_as_the_paper_pages_verdict(mu, verdict, said):
    seen = SimpleNamespace(collapse=SimpleNamespace(mu=mu, error=0.05, curves=()), curves=(), drifts=False)
    assert fully_aged(Statement(7, text("what"), text("paper")), seen, [], "again").verdict == verdict
    assert _kind_of_aging(mu, drifts=False).startswith(said)


def test_a_slide_that_collapses_is_not_called_full_aging(open_page, store):
    """Delta ~ log(1 + tau / tau_w)^2, as of weights that slide in log tau: mu = 1 without a glass."""
    write_aging(store, of=lambda x: np.log1p(x) ** 2)
    said = words(open_page(PAGE))
    assert "It agrees with full aging." not in said
    assert "a slide that slows down in log" in said


def test_no_aging_is_called_so(open_page, store):
    write_aging(store, mu=0.0)
    assert "It agrees with no aging at all." in words(open_page(PAGE))


def test_the_slider_scales_the_curves(open_page, store):
    write_aging(store)

    def scaled(app):
        (figure,) = [data for data in sent(app) if data["filename"] == "aging-collapse-0"]
        return [t for t in json.loads(figure["figure"])["data"] if t.get("meta") == "delta"]

    app = open_page(PAGE)
    first = scaled(app)
    app.slider(key="mu").set_value(0.5).run()
    for before, after, tau_w in zip(first, scaled(app), (50, 100, 200, 400), strict=True):
        np.testing.assert_array_equal(numbers(after["y"]), numbers(before["y"]))
        np.testing.assert_allclose(numbers(after["x"]), numbers(before["x"]) * tau_w**0.5, rtol=1e-6)
    assert traces(app, "breakdown")
    assert "lie apart" in words(app) or "breaks away" in words(app)


def test_the_view_is_in_the_url(open_page, store):
    write_aging(store)
    app = open_page(PAGE, mu="0.5", axes="linear", gamma="frozen at τ_w", weights="J", power_from="0.5", power_to="3")
    assert app.slider(key="mu").value == 0.5
    figure = next(data for data in sent(app) if data["filename"] == "aging-collapse-0")
    assert json.loads(figure["figure"])["layout"]["xaxis"]["type"] == "linear"
    window = next(data for data in sent(app) if data["filename"] == "aging-power")["window"]
    assert window == [0.5, 3.0]


@pytest.mark.parametrize(
    "query",
    [{"mu": "9"}, {"mu": "x"}, {"networks": "<script>"}, {"run": "../../etc"}, {"weights": "Q"}, {"waited": "7"},
     {"grown": "none"}, {"power_from": "-3"}, {"log_to": "nan"}, {"part": "nonsense"}],
)  # fmt: skip
def test_nonsense_in_the_url_breaks_nothing(open_page, store, query):
    write_aging(store)
    app = open_page(PAGE, **query)
    assert traces(app, "delta")
    of_the_tab = "part=nonsense: it must be one of After a waiting time, The collapse"
    assert (of_the_tab in words(app)) == ("part" in query)


def test_a_window_the_wrong_way_round_is_one_sentence(open_page, store):
    write_aging(store)
    app = open_page(PAGE)
    app.number_input(key="power_from").set_value(8.0).run()
    assert not app.exception
    assert "8 to 6" in app.error[0].value.replace("\\", "")


def test_a_window_beyond_the_data_says_so(open_page, store):
    write_aging(store)
    app = open_page(PAGE)
    app.number_input(key="log_from").set_value(500.0).run()
    assert not app.exception
    assert "No waiting time has enough points" in words(app)


def test_the_power_law_may_begin_where_the_paper_lets_it(open_page, store):
    write_aging(store)
    app = open_page(PAGE)
    assert "b = 0.66" in words(app)
    app.number_input(key="power_origin").set_value(0.6).run()
    assert not app.exception
    assert "b = 0.66" not in words(app)
    assert "b = 0." in words(app)


@pytest.mark.parametrize(
    ("end", "said"), [(30.0, "has grown 19-fold"), (0.1, "has fallen to"), (1.0, "about the same")]
)
def test_the_words_on_gamma_are_those_of_the_data(open_page, store, end, said):
    run = write_aging(store)
    lines = [json.loads(line) for line in run.metrics_path.read_text(encoding="utf-8").splitlines()]
    for k, line in enumerate(lines):
        line["gamma"] *= end ** (k / len(lines))
    run.metrics_path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    text = words(open_page(PAGE))
    assert said in text


def test_one_curve_alone_is_not_said_to_stay_with_others(open_page, store):
    run = write_aging(store, status="stopped")
    lines = [line for line in run.aging_path.read_text(encoding="utf-8").splitlines() if '"tau_w_step": 10000' in line]
    run.aging_path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert "no curve breaks away" not in words(open_page(PAGE))


def test_a_seed_that_has_just_begun_leaves_the_fits_as_they_are(open_page, store):
    write_aging(store)
    young = write_aging(store, seed=1, status="stopped")
    lines = [json.loads(line) for line in young.aging_path.read_text(encoding="utf-8").splitlines()]
    young.aging_path.write_text(
        "".join(json.dumps(line) + "\n" for line in lines if line["step"] < 12_000), encoding="utf-8"
    )
    text = words(open_page(PAGE))
    assert "A seed joins the mean" in text
    assert "No waiting time has enough points" not in text


def test_seeds_are_averaged_with_a_band_and_other_networks_are_not(open_page, store):
    for seed in (0, 1, 2):
        write_aging(store, seed=seed)
    write_aging(store, "class-aging-over")
    app = open_page(PAGE)
    assert app.multiselect(key="networks").options == ["d = 2, w = 10, 3 seeds", "d = 2, w = 48"]
    bands = traces(app, "band")
    assert bands
    assert all("3 seeds" in trace["hovertemplate"] for trace in traces(app, "delta")[:4])


def test_a_link_names_a_run(open_page, store):
    write_aging(store)
    over = write_aging(store, "class-aging-over")
    app = open_page(PAGE, run=over.id)
    assert app.multiselect(key="networks").value == [over.id]
    assert "".join(app.query_params["run"]) == over.id


def test_a_run_deleted_meanwhile_leaves_the_choice(open_page, store):
    write_aging(store)
    over = write_aging(store, "class-aging-over")
    app = open_page(PAGE)
    store.delete(over)
    app.run()
    assert not app.exception
    assert len(app.multiselect(key="networks").value) == 1


def test_runs_before_their_first_waiting_time_say_so(open_page, store):
    write_run(store, PRESETS["class-aging-under"].config, [1], [0.5], "queued")
    assert "has not passed its first waiting time" in words(open_page(PAGE))


def test_a_run_that_has_only_just_begun_to_age(open_page, store):
    run = write_aging(store, status="queued")
    lines = run.aging_path.read_text(encoding="utf-8").splitlines(keepends=True)
    run.aging_path.write_text("".join(lines[:4]), encoding="utf-8")
    app = open_page(PAGE)
    assert traces(app, "delta")
    assert "mu needs three" in words(app)


def test_runs_without_waiting_times_are_not_offered(open_page, store):
    write_run(store, BASE, [1], [0.5])
    assert "No run has waiting times yet" in open_page(PAGE).info[0].value


def test_nothing_chosen_asks_for_a_choice(open_page, store):
    write_aging(store)
    app = open_page(PAGE)
    app.multiselect(key="networks").set_value([]).run()
    assert "Choose at least one network" in words(app)


def test_a_broken_aging_file_is_one_sentence(open_page, store):
    run = write_aging(store)
    run.aging_path.write_text("nonsense\n", encoding="utf-8")
    run.write_state(State("stopped", step=100, steps=400_000))
    app = open_page(PAGE)
    assert not app.exception
    assert run.id in words(app)


def test_a_flow_stands_beside_steps_and_waits_in_tau(open_page, store):
    write_aging(store)  # its waiting times are tau = 50 to 400
    config = replace(with_dynamics(PRESETS["class-aging-under"].config, "flow"), waiting_times=(50, 100), until=800.0)
    kinds = ("D", *(f"D_{kind}" for kind in ("J", "M", "K", "W", "h0")))
    records = [
        {"tau_w_step": at, "step": at + n, "tau_w": tau_w, "tau": tau} | dict.fromkeys(kinds, 1e-2 * tau / tau_w)
        for at, tau_w in ((180, 50.0), (210, 100.0))
        for n, tau in enumerate(np.geomspace(0.1, 600, 40).tolist(), 1)
    ]
    tau = np.linspace(0, 800, 200)
    write_run(store, config, tau, np.full(200, 0.1), "finished", records, 1e-3)
    app = open_page(PAGE)
    ids = [run.id for run in store.runs()]
    app.multiselect(key="networks").set_value(ids).run()
    assert not app.exception
    said = words(app)
    assert "d = 2, w = 10, flow" in said
    assert "eta = 0" not in said
    assert app.segmented_control(key="waited").label == "Waiting time (τ)"
    assert app.segmented_control(key="waited").options == ["50", "100", "200", "400"]


def test_what_is_remembered_of_the_saved_weights(open_page, store):
    """Two checkpoints of one seed: C against time; without them a sentence."""
    run = write_aging(store)
    assert "Of none of these networks" in words(open_page(PAGE, part="What is remembered"))
    first = fresh(run.config())
    turned = {name: -value if name == "M.0" else value for name, value in first.weights.items()}
    for snapshot in (first, replace(first, step=1000, weights=turned)):
        checkpoints.write(run.checkpoints, snapshot)
    app = open_page(PAGE, part="What is remembered")
    assert not app.exception
    (start,) = traces(app, "start")
    assert numbers(start["y"]) == pytest.approx([0])  # of two layers one is turned around
    assert "C = 0.00 with the start at τ = 5," in words(app)
    assert main(["overlap", run.id, "--json", "--runs-dir", str(store.directory)]) == 0


def test_the_landscape_at_a_saved_time(open_page, store, capsys):
    """Measured by the command, kept, read again, shown; what is asked wrongly, and what is broken, is a sentence."""
    run = write_aging(store)
    assert "Of none of these networks" in words(open_page(PAGE, part="The landscape"))
    checkpoints.write(run.checkpoints, replace(fresh(run.config()), step=1000, eta=0.005))
    assert f"`python -m glassy_core spectrum {run.id}`" in words(open_page(PAGE, part="The landscape"))
    asked = ["spectrum", run.id, "--json", "--runs-dir", str(store.directory)]
    for wrong, sentence in ((["--steps", "0"], "--steps is 0"), (["--step", "7"], "no checkpoint at step 7")):
        assert main(asked + wrong) == 2
        assert sentence in capsys.readouterr().err
    assert main([*asked, "--steps", "6", "--directions", "2"]) == 0
    assert main(asked) == 0  # not measured again: 150 steps would say more
    first, again = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == again
    (found,) = first["spectra"]
    assert found["curved"]["low"] <= found["curved"]["value"] <= found["N"]
    app = open_page(PAGE, part="The landscape")
    assert not app.exception
    (sharpness,) = traces(app, "sharpness")
    assert sharpness["y"] == pytest.approx([found["sharpness"]])
    (path,) = run.path.glob("probes/spectrum-*.json")
    path.write_text('{"tau": 1, "eta": 0, "N": 3}', encoding="utf-8")
    assert "This is no measured spectrum" in words(open_page(PAGE, part="The landscape"))
