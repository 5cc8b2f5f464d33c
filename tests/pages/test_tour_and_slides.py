"""The tour and the slides, driven without a browser."""

import json

import pytest

from glassy_core.presets import CLASS_FLOWS, PRESETS
from glassy_core.ui.paper.slides import SLIDES
from glassy_core.ui.shell.tour import STEPS
from glassy_core.ui.shell.words import typeset
from tests.components import components
from tests.made_runs import write_aging, write_sweep


def words(app):
    return " ".join(part.value for part in app.markdown)


def test_the_tour_goes_through_six_pages_and_ends(open_page):
    assert len(STEPS) == 6
    for k, step in enumerate(STEPS):
        app = open_page(step.file, tour=str(k + 1))
        assert f"{k + 1} of 6: {step.title}" in words(app)
        assert [b.label for b in app.button if b.key in ("tour_next", "tour_end")] == [
            "Next" if k < 5 else "That was it"
        ]
    app.button(key="tour_end").click().run()
    assert "6 of 6" not in words(app)
    assert not app.exception


def test_the_tour_can_be_skipped_and_a_wrong_step_is_no_step(open_page):
    app = open_page(STEPS[2].file, tour="3")
    app.button(key="tour_skip").click().run()
    assert "3 of 6" not in words(app)
    for wrong in ("0", "7", "x", "-1", "1e3"):
        assert " of 5: " not in words(open_page(STEPS[1].file, tour=wrong))


@pytest.mark.parametrize("number", range(1, len(SLIDES) + 1))
def test_every_slide_has_a_title_and_a_sentence_or_two(open_page, number):
    app = open_page("pages/7_Present.py", slide=str(number))
    slide = SLIDES[number - 1]
    assert app.title[0].value == slide.title
    assert slide.sentence in words(app)
    assert slide.sentence.count(".") <= 2


def test_every_figure_with_symbols_has_a_line_that_says_what_they_are():
    for slide in SLIDES[1:]:
        assert 40 < len(slide.gloss) < 140, slide.title


def test_slides_draw_what_is_there_and_move_on(open_page, store):
    write_sweep(store)
    for preset in ("class-aging-under", "class-aging-near", "class-aging-over"):
        write_aging(store, preset)
    app = open_page("pages/7_Present.py", slide="2")
    for slide in SLIDES[1:7]:
        assert "No run shows this yet" not in words(app)
        assert typeset(slide.gloss) in words(app)
        app.button(key="slide_on").click().run()
        assert not app.exception
    assert app.query_params["slide"] in ("8", ["8"])
    for wrong in ("0", "99", "x", "1" * 5000):
        open_page("pages/7_Present.py", slide=wrong)


def songs(app):
    """What a slide gives to listen to."""
    data = [json.loads(component.proto.json) for component in components(app)]
    return [song for values in data for song in values.get("songs", ())]


def test_what_a_slide_speaks_of_sounds(open_page):
    (chords,) = songs(open_page("pages/7_Present.py", slide="1"))
    assert len(chords["chords"]) == 5
    narrow, near, wide = songs(open_page("pages/7_Present.py", slide="2"))
    assert [song["words"] for song in (narrow, wide)] == ["too narrow: loses it at once", "wide: sings it all by heart"]
    assert near["words"] == "in between: 36 chords by heart, then it is lost"


def test_the_second_slide_shows_the_trio_that_was_started_last(open_page, store):
    for key in CLASS_FLOWS:
        store.create(PRESETS[key].config, "digest")
    app = open_page("pages/7_Present.py", slide="2")
    (figure,) = [json.loads(v["figure"]) for v in (json.loads(c.proto.json) for c in components(app)) if "figure" in v]
    assert [trace["name"] for trace in figure["data"] if trace.get("showlegend")] == ["w = 10", "w = 24", "w = 48"]
    app.button(key="slide_start").click().run()
    assert len(store.runs()) == 6


def test_what_one_page_keeps_is_no_other_pages(open_page, store):
    """Pages share one address and one state: a switch of the curves must not reach the sweep's form."""
    write_sweep(store)
    app = open_page("pages/2_Learning_curves.py", seeds="true", widths="12")
    app.switch_page("pages/3_Critical_width.py").run()
    assert not app.exception
    assert app.text_input(key="sweep_seeds").value == "0, 1, 2"
