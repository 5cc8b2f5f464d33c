"""The Paper page: the paper's statements beside those of a store's runs."""

import base64
import re
from dataclasses import replace

import numpy as np
from made_runs import write_aging, write_run, write_sweep

from glassy_core.config import PRESETS
from glassy_core.ui.paper_parts import FIGURES
from glassy_core.ui.words import whole


def texts(app):
    return " ".join([*(part.value for part in app.markdown), *(html.proto.body for html in app.get("html"))])


def test_an_empty_store_shows_what_to_do_for_every_figure(open_page):
    app = open_page("pages/6_Paper.py")
    assert [header.value for header in app.header] == [
        "Figure 1: the network",
        *(f"Figure {n}: {title}" for n, (title, _) in FIGURES.items()),
    ]
    said = texts(app)
    assert "python -m glassy_core train --preset paper-d2-under" in said
    assert "0 agree" in said.replace("\\", "")
    assert "20890" in said


def test_the_network_follows_depth_and_width(open_page):
    app = open_page("pages/6_Paper.py", d="3", w="17")
    shown = " ".join(html.proto.body for html in app.get("html"))
    drawn = base64.b64decode(re.search(r"svg\+xml;base64,([^\"]+)", shown)[1]).decode()
    assert "A network of 3 layers of 17 units" in drawn
    assert f"{whole(54 * 17 + 2 * 17 * 17)} weights" in shown  # of J: 54 w + (d - 1) w^2


def test_a_made_sweep_and_made_aging_are_judged(open_page, store):
    write_sweep(store)
    for preset in ("class-aging-under", "class-aging-over"):
        for seed in (0, 1):
            write_aging(store, preset, seed)
    app = open_page("pages/6_Paper.py")
    said = texts(app)
    assert "the deeper the network, the smaller w" in said.replace("\\", "")
    assert "agree" in said
    assert "python -m glassy_core critical --json" in " ".join(code.value for code in app.code)


def test_a_run_of_the_papers_says_what_is_missing(open_page, store):
    config = replace(PRESETS["paper-d2-under"].config, steps=10**7)
    tau = np.geomspace(0.01, 100, 200)
    write_run(store, config, tau, 0.1265 + 0.5 * tau**-0.52, status="stopped")
    said = texts(open_page("pages/6_Paper.py")).replace("\\", "")
    assert "It needs tau = 2000; the run is at tau = 100" in said
