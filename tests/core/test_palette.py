"""Colours: legible on both pages, stable, and told apart."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from glassy_core.config import PRESETS, RunConfig
from glassy_core.palette import PAPER_BACKGROUND, REGIMES, SEQUENCE, colours, contrast, regime

THEME = tomllib.loads((Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text())["theme"]


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


def test_the_backgrounds_are_the_themes():
    assert {mode: THEME[mode]["backgroundColor"] for mode in ("light", "dark")} == PAPER_BACKGROUND


@pytest.mark.parametrize("colour", [*REGIMES.values(), *SEQUENCE])
@pytest.mark.parametrize("background", PAPER_BACKGROUND.values(), ids=PAPER_BACKGROUND)
def test_lines_stand_out_on_both_pages(colour, background):
    assert contrast(colour, background) >= 3


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_is_legible_on_both_pages(mode):
    colours = THEME[mode]
    for text in ("textColor", "linkColor"):
        for background in ("backgroundColor", "secondaryBackgroundColor"):
            assert contrast(colours[text], colours[background]) >= 4.5
    assert contrast(colours["primaryColor"], "#FFFFFF") >= 4.4  # a button's white letters


def test_own_data_have_no_known_regime():
    assert regime(replace(PRESETS["class-near"].config, edition="own:songs")) is None


def test_the_regime_is_the_networks_whatever_its_name_and_seed():
    for name in ("under", "near", "over"):
        config = PRESETS[f"class-{name}"].config
        assert regime(config) == regime(replace(config, name="x", seed=7, steps=10)) == name
        assert colours({"a": config})["a"] == REGIMES[name]
    assert regime(PRESETS["paper-d2-near"].config) is None


def test_runs_without_a_regime_keep_their_colour_and_do_not_clash():
    configs = {f"run-{k}": RunConfig(seed=k) for k in range(len(SEQUENCE))}
    chosen = colours(configs)
    assert len(set(chosen.values())) == len(SEQUENCE)
    assert chosen == colours(dict(reversed(configs.items())))
    alone = colours({"run-3": configs["run-3"]})
    assert alone == colours({"run-3": replace(configs["run-3"], name="renamed")})
    assert len(colours({str(k): RunConfig(seed=k) for k in range(40)})) == 40  # more runs than colours
