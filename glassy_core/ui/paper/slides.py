"""A lecture on the wall: one figure and one sentence at a time, in large type, moved on by the arrow keys.

Below a figure with symbols stands what they mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from glassy_core.paper.evidence import Evidence
from glassy_core.runs.groups import readable
from glassy_core.ui.paper import aging, chosen_runs, critical_width, learning_curves, slide_parts
from glassy_core.ui.paper.drawings import PAPERS_LAW, Drawing
from glassy_core.ui.paper.look import Look
from glassy_core.ui.shell.frame import store
from glassy_core.ui.shell.tour import BACKGROUND
from glassy_core.ui.shell.words import typeset

_CSS = """
.st-key-navigation, .st-key-tour, .st-key-slide_page_back, .st-key-slide_page_on, .st-key-slide .modebar-container,
header[data-testid=stHeader], [data-testid=stSidebar] { display: none !important; }
[data-testid=stMainBlockContainer] { padding-top: 1rem; padding-bottom: 1rem; }
.st-key-slide h1 { font-size: 1.8rem; }
.st-key-slide p, .st-key-slide li { font-size: 1.2rem; line-height: 1.35; }
.st-key-slide .st-key-slide_gloss p { font-size: 1.1rem; }
.st-key-slide_buttons :is(p, kbd), .st-key-slide button p { font-size: 1.2rem; }
.st-key-slide img { max-width: 64rem !important; }
.st-key-slide_words :is(p, li) { font-size: 1.2rem !important; }
/* A slide takes 1440 x 960 pixels where letters have 16: its letters, and with them its figures, fill any wall. */
@media (min-width: 641px) {
  html { font-size: clamp(11px, min(100vw / 90, 100vh / 60), 48px); }
  .st-key-slide h1 { font-size: 3.2rem; }
  .st-key-slide p, .st-key-slide li { font-size: 1.8rem; }
  .st-key-slide .st-key-slide_gloss p { font-size: 1.5rem; }
}
@media (max-width: 640px) {
  .st-key-slide_keys, .st-key-slide_buttons kbd { display: none !important; }
  :has(> .st-key-slide_buttons) { position: sticky; bottom: 0; z-index: 5; }
  .st-key-slide_buttons { background: BACKGROUND; padding-block: 0.5rem; flex-wrap: nowrap; column-gap: 0.75rem; }
  .st-key-slide_buttons p { white-space: nowrap; }
}
""".replace("BACKGROUND", BACKGROUND)
_FONT = 20
_HEIGHT, _UNDER_TITLES = 600, 550  # of a figure; of panels with titles of their own


@dataclass(frozen=True)
class Slide:
    """A title, one sentence, its figure, what its symbols mean, its height in pixels, and what stands below."""

    title: str
    sentence: str
    drawing: Drawing
    gloss: str = ""
    height: int = _HEIGHT
    below: Callable[[], None] | None = None


SLIDES = (
    Slide(
        "A network that listens",
        "It hears a chord and says which one comes next; its layers remember.",
        Drawing(slide_parts.chord_and_network),
    ),
    Slide(
        "Three sizes, three fates",
        "Too small, and the loss stays high; large enough, and it falls and falls; in between, it takes longer.",
        Drawing(learning_curves.learning_live, chosen_runs.newest_trio),
        "NLL: the loss, in bits. τ: how long the network has learned. w: its width. Below: one chorale, at τ = 147.",
        380,
        slide_parts.fates,
    ),
    Slide(
        "In your own hands",
        "Drag the width and the age of a network; see and hear at once what it has learned.",
        Drawing(slide_parts.networks_on_a_map),
        "Every square: a network of two layers; bluer: less loss, at τ = 400. ✓: it sings all its chorales by heart.",
        440,
        slide_parts.playground_door,
    ),
    Slide(
        "A critical width",
        "The speed of learning goes to zero at a width below which no time is long enough.",
        Drawing(critical_width.inverse_times, chosen_runs.classroom),
        "NLL*: the loss that is to be reached. τ*: the time τ that takes; triangles: not reached yet. w_c: the "
        "critical width. d: layers.",
        _UNDER_TITLES,
    ),
    Slide(
        "Depth",
        "With two layers fewer units are enough; how sure that is, the bars say.",
        Drawing(critical_width.lines, chosen_runs.classroom),
        "NLL*: the loss that is to be reached. w_c: the width below which no time is long enough for it. d: the number "
        "of layers.",
    ),
    Slide(
        "It ages",
        "The longer a network has learned, the more slowly its weights move on.",
        Drawing(aging.deltas, chosen_runs.class_aging),
        "Δ: how far the weights have moved since the waiting time τ_w, the noise divided out. Dashed: the power law of "
        "short times.",
        _UNDER_TITLES,
    ),
    Slide(
        "Age is the clock",
        "Counted in ages, the curves of the wider networks nearly fall on one another; those of the narrowest stay "
        "apart. In the paper's larger task it is the narrow network that ages fully.",
        Drawing(aging.deltas_by_age, chosen_runs.class_aging),
        "Δ: how far the weights have moved since the waiting time τ_w, the noise divided out. x: the time since then "
        "in units of τ_w.",
        _UNDER_TITLES,
    ),
    Slide(
        "Who errs is shaken",
        "The narrow network goes on making mistakes, and its noise grows; the wide one makes ever fewer, and its noise "
        "dies down.",
        Drawing(aging.gamma, chosen_runs.class_aging),
        "Γ: the noise, the variance of the gradient from one choice of examples to the next. A line for each seed.",
    ),
    Slide(
        "The paper's networks",
        "Eighty chorales instead of eight: days by steps of η, hours by the smooth flow in τ, which is drawn here.",
        Drawing(learning_curves.learning, chosen_runs.papers),
        f"{PAPERS_LAW} NLL∞: the loss it ends at.",
    ),
)


def show() -> None:
    """The slide that the address names, and the keys to go on."""
    st.html(f"<style>{_CSS}</style>")
    number = st.query_params.get("slide", "1")
    at = min(max(int(number), 1), len(SLIDES)) - 1 if number.isdigit() and len(number) < 4 else 0
    slide = SLIDES[at]
    with st.container(key="slide"):
        st.title(slide.title, anchor=False)
        st.markdown(slide.sentence)
        evidence = Evidence.of(readable(store().runs()))
        if slide.drawing.drawn_of(evidence, Look(f"slide-{at + 1}", slide.height, _FONT)) is None:
            st.markdown("No run shows this yet: start the class trio on Home, and an aging run on the Aging page.")
        elif slide.gloss:
            with st.container(key="slide_gloss"):
                st.markdown(typeset(slide.gloss))
        if slide.below:
            slide.below()
    with st.container(horizontal=True, vertical_alignment="center", key="slide_buttons"):
        # The arrow that a button shows is its key.
        if st.button("Back", key="slide_back", shortcut="Left", disabled=at == 0):
            _to(at - 1)
        if st.button("Next", key="slide_on", shortcut="Right", disabled=at + 1 == len(SLIDES)):
            _to(at + 1)
        # What a presenter's remote control sends.
        if st.button("Back a page", key="slide_page_back", shortcut="PageUp", disabled=at == 0):
            _to(at - 1)
        if st.button("On a page", key="slide_page_on", shortcut="PageDown", disabled=at + 1 == len(SLIDES)):
            _to(at + 1)
        st.caption(f"{at + 1} of {len(SLIDES)}", width="content")
        with st.container(key="slide_keys", width="content"):
            st.caption("Arrow keys go on, Esc leaves.")
        if st.button("Leave", key="slide_leave", shortcut="Esc", type="tertiary"):
            st.switch_page("app.py")


def _to(at: int) -> None:
    st.query_params["slide"] = str(at + 1)
    st.rerun()
