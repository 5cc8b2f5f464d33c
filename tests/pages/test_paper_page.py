"""The Paper page: the paper's statements beside those of a store's runs."""

import base64
import json
import re
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
import streamlit as st

from glassy_core.files import write_json
from glassy_core.paper import figures as rows
from glassy_core.paper.evidence import Evidence
from glassy_core.paper.findings import Statement
from glassy_core.paper.text import DELTA, GAMMA, MU, NLL_INF, TAU, TAU_W, W_C, Command, Quantity, text
from glassy_core.presets import PRESETS
from glassy_core.runs import probes
from glassy_core.training.probe import Probe, Trace
from glassy_core.ui.paper import look
from glassy_core.ui.paper.chosen_runs import classroom
from glassy_core.ui.paper.drawings import DRAWINGS, Drawing
from glassy_core.ui.paper.learning_curves import LINES
from glassy_core.ui.paper.verdicts import html
from glassy_core.ui.shell.words import whole
from tests.made_runs import write_aging, write_run, write_sweep


@pytest.fixture
def figures():
    """The figures that the page shows, by key."""
    return {}


@pytest.fixture
def alternatives(monkeypatch, figures):
    """The alternative texts of the figures that the page shows, by key."""
    said = {}

    def show(figure, key, alt, **more):
        said[key], figures[key] = alt, figure

    monkeypatch.setattr(look, "live_figure", show)
    return said


def texts(app):
    html = (re.sub("</?span>", "", part.proto.body) for part in app.get("html"))
    return " ".join([*(part.value for part in app.markdown), *html]).replace("\N{NO-BREAK SPACE}", " ")


def captions(app):
    return [caption.value.replace("\N{NO-BREAK SPACE}", " ") for caption in app.caption]


def test_an_empty_store_shows_what_to_do_for_every_figure(open_page):
    app = open_page("pages/6_Paper.py", figure="All")
    assert [header.value for header in app.header] == [
        "Figure 1: the network",
        *(f"Figure {row.number}: {row.title}" for row in rows.FIGURES[1:]),
    ]
    said = texts(app)
    assert "python -m glassy_core train --preset paper-d2-under" in said
    assert "0 differ" in said.replace("\\", "")
    assert "20\u202f890" in said


def test_the_page_begins_with_all_verdicts_each_leading_to_its_figure(open_page):
    app = open_page("pages/6_Paper.py")
    assert not app.header
    shown = " ".join(html.proto.body for html in app.get("html"))
    assert shown.count("<tr class=") == len(rows.findings(Evidence.of([])))
    for row in rows.FIGURES[:5]:
        assert f"href='?figure={row.number}'" in shown
    assert [header.value for header in open_page("pages/6_Paper.py", figure="5").header] == [
        f"Figure 5: {rows.FIGURES[4].title}"
    ]


def test_the_network_follows_depth_and_width(open_page):
    app = open_page("pages/6_Paper.py", figure="1", d="3", w="17")
    shown = " ".join(html.proto.body for html in app.get("html"))
    drawn = base64.b64decode(re.search(r"svg\+xml;base64,([^\"]+)", shown)[1]).decode()
    assert "A network of 3 layers of 17 units" in drawn
    assert f"{whole(54 * 17 + 2 * 17 * 17)} weights" in shown  # of J: 54 w + (d - 1) w^2


def test_a_made_sweep_and_made_aging_are_judged(open_page, store):
    write_sweep(store)
    for preset in ("class-aging-under", "class-aging-over"):
        for seed in (0, 1):
            write_aging(store, preset, seed)
    app = open_page("pages/6_Paper.py", figure="All")
    said = texts(app)
    assert "the deeper the network, the smaller w" in said.replace("\\", "")
    assert "agree" in said
    assert "python -m glassy_core critical --json" in " ".join(code.value for code in app.code)


def test_a_run_of_the_papers_says_what_is_missing(open_page, store):
    config = replace(PRESETS["paper-d2-under"].config, steps=10**7)
    tau = np.geomspace(0.01, 50, 200)
    write_run(store, config, tau, 0.1265 + 0.5 * tau**-0.52, status="stopped")
    app = open_page("pages/6_Paper.py", figure="All")
    assert "It needs τ = 1600; the run is at τ = 50" in texts(app).replace("\\", "")
    assert any("No power law is fitted" in caption for caption in captions(app))
    write_run(store, replace(config, seed=1), 40 * tau, 0.1265 + 0.5 * tau**-0.52, status="stopped")
    assert LINES in captions(open_page("pages/6_Paper.py", figure="All"))


def test_names_of_quantities_are_letters_but_not_in_commands():
    symbols = text(NLL_INF, " < ", W_C, ", ", TAU, " / ", TAU_W, ", ", MU, " = 1, ", GAMMA)
    assert html(symbols) == "NLL∞ &lt; w<sub>c</sub>, τ / τ<sub>w</sub>, μ = 1, Γ"
    code = "<code><span>python</span> <span>tau</span> <span>&amp;</span> <span>mu</span></code>"
    assert html(text(TAU, ": ", Command("python tau & mu"), ", mute")) == f"τ: {code}, mute"


def test_a_kept_probe_of_any_run_draws_figure_4(open_page, store, alternatives):
    run = write_run(store, replace(PRESETS["class-under"].config, chorales=3), [1.0, 2.0], [0.5, 0.4])
    app = open_page("pages/6_Paper.py", figure="All")
    assert "paper-4" not in alternatives
    assert any(f"python -m glassy_core probe {run.id}" in caption for caption in captions(app))
    traces = tuple(Trace(p, np.full(5, 0.02), np.full(5, 0.02)) for p in (75, 300))
    path = probes.path_of(run, 20, (75, 300), 5)
    path.parent.mkdir()
    write_json(path, Probe(20, 2.0, 0.1, "zero", traces).to_json(), durable=False)
    open_page("pages/6_Paper.py", figure="All")
    assert "p = 75: mean 0.02" in alternatives["paper-4"]


def test_learning_curves_have_a_panel_a_depth_and_one_of_the_wide_networks(open_page, store, alternatives, figures):
    tau = np.geomspace(1e-3, 100, 200)
    for preset in ("paper-d1", "paper-d2-under", "paper-d2-over", "paper-d5"):
        write_run(store, PRESETS[preset].config, tau, 0.1 + 0.9 / (1 + tau))
    open_page("pages/6_Paper.py", figure="All")
    networks = [re.findall(r"d = \d, w = \d+", alternatives[f"paper-2-{k}"]) for k in range(4)]
    one, under, two, five = "d = 1, w = 200", "d = 2, w = 30", "d = 2, w = 90", "d = 5, w = 70"
    assert list(map(set, networks)) == [{one}, {under, two}, {five}, {one, two, five}]
    assert "paper-2-4" not in alternatives
    assert figures["paper-2-0"].layout.yaxis.type == "linear"


def test_aging_is_the_class_worlds_until_two_waiting_times_of_the_papers_can_be_compared(
    open_page, store, alternatives, figures
):
    write_aging(store, "class-aging-under")
    few = write_aging(store, "paper-d2-under")
    records = [json.loads(line) for line in few.aging_path.read_text(encoding="utf-8").splitlines()]
    short = [json.dumps(r) + "\n" for r in records if r["step"] <= 500_000]  # tau_w = 80 alone goes beyond x = 1
    few.aging_path.write_text("".join(short), encoding="utf-8")
    app = open_page("pages/6_Paper.py", figure="All")
    assert "w = 10" in alternatives["paper-9-power"]
    assert "w = 30" in alternatives["paper-8"]
    assert any("class world's networks" in caption for caption in captions(app))
    few.aging_path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    st.cache_resource.clear()  # the same run at the same step
    app = open_page("pages/6_Paper.py", figure="All")
    assert "w = 30" in alternatives["paper-9-power"]
    assert any("A (x - 0.6)ᵇ" in caption and "= 80 alone" in caption for caption in captions(app))
    fits = [trace.uid for trace in figures["paper-9-power"].data if trace.meta == "fit"]
    assert fits == ["200000-fit"]  # of the waiting time whose exponent the table has
    assert not any("class world's networks" in caption for caption in captions(app))


def test_alternatives_say_numbers_and_panels_share_their_axes(open_page, store, alternatives, figures):
    write_sweep(store)
    write_aging(store, "class-aging-under")
    app = open_page("pages/6_Paper.py", figure="All")
    assert re.search(r"d = 1: \d+\.\d \[.*d = 2: \d+\.\d \[", alternatives["paper-6"])
    assert "w_c" in alternatives["paper-5-1"]
    assert "Delta up to" in alternatives["paper-7-0-x"]
    axes = {name: figures[f"paper-7-0-{name}"].layout.xaxis.type for name in ("tau", "x", "x-linear")}
    assert axes == {"tau": "log", "x": "log", "x-linear": "linear"}
    assert any("A xᵇ, fitted for x from 1 to 6 to all waiting times" in caption for caption in captions(app))
    assert any("A + B log x, fitted from x = 10 on" in caption for caption in captions(app))
    assert "0.001 at tau" in alternatives["paper-8"]
    assert "b = 0.66" in alternatives["paper-9-power"]
    assert figures["paper-5-1"].layout.yaxis.range == figures["paper-5-2"].layout.yaxis.range


def made_up_findings(evidence):
    statement = Statement(99, text("width of Bach's, ", DELTA), text("none"))
    yield statement.judged(text(Quantity(4, "hands")), "differs", text("Made up."), evidence.classroom)


def made_up_drawing(members, look):
    look.show(go.Figure(go.Scatter(x=[1, 2], y=[1, 2])), f"{len(members)} runs on a line")
    return True


def test_a_new_figure_is_a_row_and_its_drawing(open_page, store, alternatives, monkeypatch):
    """Nothing else is changed for it: neither the page nor what it is made of."""
    row = rows.PaperFigure(99, "a figure made up", made_up_findings, "Bach had two.", "It needs a tape measure.")
    monkeypatch.setattr(rows, "FIGURES", (*rows.FIGURES, row))
    app = open_page("pages/6_Paper.py", figure="All")
    assert app.header[-1].value == "Figure 99: a figure made up"
    assert "width of Bach's, Δ" in texts(app).replace("&#x27;", "'")
    assert "4 hands" in texts(app)
    assert "Bach had two." in texts(app)
    assert "It needs a tape measure." in captions(app)
    assert "python -m glassy_core paper --figure 99" in [code.value for code in app.code]
    assert "paper-99" not in alternatives
    monkeypatch.setitem(DRAWINGS, 99, Drawing(made_up_drawing, classroom, ("A line.",)))
    assert (
        captions(open_page("pages/6_Paper.py", figure="All")).count("There are no runs to draw this figure from yet.")
        > 1
    )
    write_sweep(store, widths=(10,), seeds=(0,))
    assert "A line." in captions(open_page("pages/6_Paper.py", figure="All"))
    assert alternatives["paper-99"] == "2 runs on a line"


def test_every_drawing_has_its_row():
    assert set(range(1, 10)) <= set(DRAWINGS) <= {row.number for row in rows.FIGURES}
