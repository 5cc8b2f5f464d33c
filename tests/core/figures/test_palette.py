"""Colours: legible on both pages, stable, and told apart."""

import tomllib
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest

from glassy_core.figures.palette import (
    DASHES,
    DEPTHS,
    FAMILIES,
    FLOW_DASHES,
    GREY,
    PAPER_BACKGROUND,
    RUNS,
    SEQUENCE,
    SHADES,
    TEXT,
    WEIGHTS,
    are_of_regimes,
    at_place,
    colour,
    colours,
    dash,
    depth_colour,
    flows_apart,
    key,
    places,
    turns,
)
from glassy_core.figures.style import HELD_OUT, style
from glassy_core.paper.numbers import PAPER_W_C
from glassy_core.paper.regimes import REGIMES, of_the_trio, regime, trio
from glassy_core.presets import PRESETS
from glassy_core.settings import RunConfig, with_dynamics
from tests.colours import contrast

THEME = tomllib.loads((Path(__file__).resolve().parents[3] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))[
    "theme"
]


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


def test_the_backgrounds_are_the_themes():
    assert {mode: THEME[mode]["backgroundColor"] for mode in ("light", "dark")} == PAPER_BACKGROUND
    assert {mode: THEME[mode]["textColor"] for mode in ("light", "dark")} == TEXT


# Two colours seen side by side: sRGB, linear light, as seen (Machado, Oliveira and Fernandes 2009, severity 1), and
# their distance in OKLab, where lightness runs from 0 to 1.
EYES = {
    "all cones": np.eye(3),
    "no red cones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green cones": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "no blue cones": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def oklab(colour, eyes):
    srgb = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(EYES[eyes]) @ linear, 0, 1)
    cones = [[0.41222, 0.53633, 0.05145], [0.2119, 0.68070, 0.1074], [0.0883, 0.28172, 0.62998]]
    opponents = [[0.21045, 0.79362, -0.00407], [1.9780, -2.42859, 0.45059], [0.0259, 0.78277, -0.80868]]
    return np.asarray(opponents) @ np.cbrt(np.asarray(cones) @ seen)


def apart(inks, eyes):
    """The least distance of any two."""
    places = [oklab(ink, eyes) for ink in inks]
    return min(float(np.linalg.norm(a - b)) for a, b in combinations(places, 2))


SETS = [*FAMILIES.values(), RUNS, SEQUENCE, SHADES, tuple(WEIGHTS.values())]


@pytest.mark.parametrize("colour", [GREY, *(ink for family in SETS for ink in family)])
@pytest.mark.parametrize("background", PAPER_BACKGROUND.values(), ids=PAPER_BACKGROUND)
def test_lines_stand_out_on_both_pages(colour, background):
    assert contrast(colour, background) >= 3


def test_the_measure_tells_what_colour_blind_eyes_confuse():
    assert apart(["#C8553D", "#B17A12"], "no green cones") < 0.05 < apart(["#C8553D", "#B17A12"], "all cones")
    assert apart(["#000000", "#FFFFFF"], "no blue cones") == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("eyes", EYES)
def test_colours_of_one_set_are_told_apart(eyes):
    assert apart([family[0] for family in FAMILIES.values()], eyes) > 0.15
    for family in (SEQUENCE, SHADES, WEIGHTS.values(), [*DEPTHS.values(), depth_colour(3)]):
        assert apart(family, eyes) > 0.09
    assert apart(RUNS, eyes) > (0.15 if eyes == "all cones" else 0.06)  # names stand at their ends, too
    for family in FAMILIES.values():
        assert apart(family, eyes) > 0.045
    for one, other in combinations(FAMILIES.values(), 2):  # a network of one regime never looks as one of another
        assert min(apart(pair, eyes) for pair in product(one, other)) > 0.06


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_is_legible_on_both_pages(mode):
    colours = THEME[mode]
    for text in ("textColor", "linkColor"):
        for background in ("backgroundColor", "secondaryBackgroundColor"):
            assert contrast(colours[text], colours[background]) >= 4.5
    assert contrast(colours["primaryColor"], "#FFFFFF") >= 4.4  # a button's white letters


def of(depth, width, chorales=8, **settings):
    return RunConfig(depth=depth, width=width, chorales=chorales, **settings)


def test_every_preset_of_a_name_has_its_regime():
    for name, preset in PRESETS.items():
        end = name.rsplit("-", 1)[1]
        assert regime(preset.config) == (end if end in REGIMES else "over"), name


def test_the_regimes_move_with_depth_as_the_papers_critical_widths_do():
    for depth, w_c in PAPER_W_C.items():
        assert regime(of(depth, round(w_c), 80)) == "near"
        assert regime(of(depth, round(w_c / 2), 80)) == "under"
        assert regime(of(depth, round(w_c * 1.3), 80)) == "over"
    widths = [next(w for w in range(2, 300) if regime(of(depth, w, 80)) == "over") for depth in range(1, 7)]
    assert widths == sorted(widths, reverse=True)
    assert regime(of(10, 60, 80)) == "over"
    assert regime(of(10, 30, 80)) is None  # the paper does not say where w_c is


def test_where_the_critical_width_is_not_known_there_is_no_regime():
    near = PRESETS["class-near"].config
    for changed in ({"edition": "own:songs"}, {"chorales": 20}, {"gradient": "exact"}, {"scaling": "global"}):
        assert regime(replace(near, **changed)) is None, changed


def test_the_regime_is_the_networks_whatever_its_name_and_seed():
    for name in ("under", "near", "over"):
        config = PRESETS[f"class-{name}"].config
        again = replace(config, name="x", seed=7, steps=10)
        assert regime(again) == of_the_trio(again) == name
        assert colours({"a": config})["a"] == colour(config) == FAMILIES[name][0]
    assert of_the_trio(PRESETS["paper-d2-near"].config) is None
    assert of_the_trio(replace(PRESETS["class-near"].config, edition="own:songs")) is None


def test_the_trio_goes_from_narrow_to_wide_and_the_first_of_each_counts():
    wide, near, narrow = (PRESETS[f"class-{name}"].config for name in ("over", "near", "under"))
    found = [("a", wide), ("b", None), ("c", of(2, 30)), ("d", narrow), ("e", near), ("f", near)]
    assert trio(found) == ["d", "e", "a"]
    assert trio(found[:3]) == ["a"]


def test_networks_of_one_regime_have_its_family_and_seeds_one_colour():
    configs = {f"{w}-{seed}": of(2, w, seed=seed) for w in (30, 48, 60, 72) for seed in (0, 1)}
    chosen = colours(configs)
    assert set(chosen.values()) == set(FAMILIES["over"])
    assert all(chosen[f"{w}-0"] == chosen[f"{w}-1"] for w in (30, 48, 60, 72))
    assert set(turns(configs).values()) == {0}
    more = configs | {"84-0": of(2, 84), "84-1": of(2, 84, seed=1)}
    assert set(colours(more).values()) == set(FAMILIES["over"])  # they come round again, with dashes
    assert [run_id for run_id, turn in turns(more).items() if turn] == ["84-0", "84-1"]


def test_networks_that_share_a_colour_have_dashes_of_their_own():
    configs = {f"{depth}-{w}-{seed}": of(depth, w, seed=seed) for depth in (1, 2) for w in range(50, 66, 2)
               for seed in (0, 1)}  # fmt: skip
    inks, times = colours(configs), turns(configs)
    looks = {run_id: (inks[run_id], dash(times[run_id])) for run_id in configs}
    assert len(set(looks.values())) == 16
    assert all(looks[f"{d}-{w}-0"] == looks[f"{d}-{w}-1"] for d in (1, 2) for w in range(50, 66, 2))
    assert dash(len(DASHES)) == dash(0) == "solid"


def test_no_dashes_of_one_kind_of_line_are_those_of_another():
    marks = [*DASHES, *HELD_OUT, *FLOW_DASHES]
    assert len(set(marks)) == len(marks)
    assert [style("training", turn)["line"]["dash"] for turn in range(4)] == list(DASHES)
    assert style("held-out", 1)["line"]["dash"] == HELD_OUT[1]


def test_flows_are_set_apart_only_where_there_are_steps():
    configs = {"a": of(2, 24), "b": with_dynamics(of(2, 24), "flow")}
    assert flows_apart(configs) == {"b"}
    assert flows_apart({"b": configs["b"]}) == flows_apart({"a": configs["a"]}) == set()
    assert len(set(colours(configs).values())) == 2


def test_the_key_names_the_colours_that_are_there():
    assert key([of(2, 10), of(2, 48)]) == "Red: below, blue: above the critical width."
    assert key([of(2, 24)]) == "Amber: near the critical width."
    assert key([of(2, 24, 20)]) == ""


def test_runs_without_a_regime_keep_their_colour_and_do_not_clash():
    configs = {f"run-{k}": of(2, 30, 20, seed=k) for k in range(len(SEQUENCE))}
    chosen = colours(configs)
    assert len(set(chosen.values())) == len(SEQUENCE)
    assert chosen == colours(dict(reversed(configs.items())))
    alone = colours({"run-3": configs["run-3"]})
    assert alone == colours({"run-3": replace(configs["run-3"], name="renamed")})
    many = {str(k): of(2, 30, 20, seed=k) for k in range(4 * len(SEQUENCE))}  # more runs than colours
    assert len(set(zip(colours(many).values(), turns(many).values(), strict=True))) == len(many)


def test_twelve_runs_have_twelve_styles_and_keep_them():
    configs = {f"run-{k:02}": RunConfig(width=48, seed=k, chorales=8) for k in range(12)}
    kept = places(configs, {})
    assert len({at_place(place) for place in kept.values()}) == 12
    assert at_place(kept["run-00"]) == (FAMILIES["over"][0], 0)
    without = {run_id: config for run_id, config in configs.items() if run_id > "run-05"}
    more = {"run-00b": RunConfig(width=48, chorales=3), **without}
    again = places(more, kept)
    assert {run_id: again[run_id] for run_id in without} == {run_id: kept[run_id] for run_id in without}
    assert len(set(again.values())) == len(more)
    assert places(configs, again)["run-06"] == kept["run-06"]


def test_the_class_trio_has_the_colours_of_its_regimes_where_runs_are_told_apart():
    configs = {name: PRESETS[f"class-{name}"].config for name in FAMILIES}
    inks = {run_id: at_place(place)[0] for run_id, place in places(configs, {}).items()}
    assert inks == {name: family[0] for name, family in FAMILIES.items()}
    assert are_of_regimes(inks, configs)
    more = configs | {"z": configs["near"]}
    assert not are_of_regimes({run_id: at_place(place)[0] for run_id, place in places(more, {}).items()}, more)
