"""What is sent of a figure that is drawn again: what is new of it, from which the browser makes the same."""

import base64
import json

import numpy as np
import plotly.graph_objects as go
import pytest

from glassy_core.figures.thinning import thin
from glassy_core.ui.components.figure_news import news
from glassy_core.ui.components.live_figure import as_json


def figure(*lengths, title="tau", name="run"):
    out = go.Figure(layout={"xaxis": {"title": {"text": title}}})
    for k, n in enumerate(lengths):
        tau = np.geomspace(0.01, 100, 500)[:n]
        out.add_scatter(x=tau, y=1 / tau, customdata=np.stack([tau, 2 * tau], axis=1), uid=f"{k}", name=name)
    return as_json(out)


def changed(before, change):
    """What figure_news.js makes of it."""
    out = json.loads(before)
    for k, changes in change["traces"]:
        for name, part in changes.items():
            if "value" in part:
                out["data"][k][name] = part["value"]
                continue
            held = base64.b64decode(out["data"][k][name]["bdata"])[: part["keep"]] + base64.b64decode(part["add"])
            about = {key: value for key, value in part.items() if key not in ("keep", "add")}
            out["data"][k][name] = about | {"bdata": base64.b64encode(held).decode()}
    return out | {"layout": change.get("layout", out["layout"])}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (figure(100, 200), figure(103, 200)),
        (figure(100, 200), figure(90, 0)),
        (figure(100), figure(101, title="step", name="other")),
        (figure(0), figure(1)),
    ],
)
def test_the_news_make_the_figure(before, now):
    assert changed(before, news(before, now)) == json.loads(now)


def test_only_what_is_new_is_sent():
    assert news(figure(100, 200), figure(100, 200)) == {"traces": []}
    assert len(json.dumps(news(figure(300, 300), figure(302, 300)))) < 400
    assert news(figure(100), figure(100, 100)) is None  # another line: all of it


def test_a_thinned_curve_stays_as_it_was_drawn_while_it_becomes_longer():
    rng = np.random.default_rng(0)
    tau = np.geomspace(0.01, 1000, 20_000)
    nll = np.exp(rng.normal(size=len(tau)))
    kept = [thin(tau[:n], nll[:n], 1500) for n in (18_000, 18_100)]
    assert all(700 < len(rows) <= 1500 for rows in kept)
    same = kept[0][: len(kept[0]) - 4]
    assert np.array_equal(kept[1][: len(same)], same)
