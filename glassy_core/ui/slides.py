"""A lecture on the wall: one figure and one sentence at a time, in large type, moved on by the arrow keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from glassy_core.comparable import readable
from glassy_core.findings import Gathered
from glassy_core.network_picture import WORDS
from glassy_core.ui import paper_plots
from glassy_core.ui.frame import store
from glassy_core.ui.paper_plots import Look
from glassy_core.ui.tour import BACKGROUND

CSS = """
.st-key-navigation, .st-key-tour, .st-key-slide_page_back, .st-key-slide_page_on, .st-key-slide .modebar-container,
header[data-testid=stHeader], [data-testid=stSidebar] { display: none !important; }
[data-testid=stMainBlockContainer] { padding-top: 1rem; padding-bottom: 1rem; }
.st-key-slide h1 { font-size: 1.8rem; }
.st-key-slide p, .st-key-slide li { font-size: 1.2rem; line-height: 1.35; }
.st-key-slide img { max-width: 64rem !important; }
/* A slide takes 1440 x 960 pixels where letters have 16: its letters, and with them its figures, fill any wall. */
@media (min-width: 641px) {
  html { font-size: clamp(11px, min(100vw / 90, 100vh / 60), 48px); }
  .st-key-slide h1 { font-size: 3.2rem; }
  .st-key-slide p, .st-key-slide li { font-size: 1.8rem; }
}
@media (max-width: 640px) {
  .st-key-slide_keys { display: none !important; }
  :has(> .st-key-slide_buttons) { position: sticky; bottom: 0; z-index: 5; }
  .st-key-slide_buttons { background: BACKGROUND; padding-block: 0.5rem; }
}
""".replace("BACKGROUND", BACKGROUND)
LOOK = {"height": 620, "font": 20}
Draw = Callable[[Gathered, Look], bool]


@dataclass(frozen=True)
class Slide:
    """A title, one sentence, and what draws the figure (False: no run serves)."""

    title: str
    sentence: str
    draw: Draw


def _network(found: Gathered, look: Look) -> bool:
    picture, words = st.columns([2, 1], vertical_alignment="center")
    with picture:
        paper_plots.network(2, 24)
    words.markdown("\n".join(f"- {kind}" for kind in WORDS.values()))
    return True


SLIDES = (
    Slide("A network that listens", "It hears a chord and says which one comes next; its layers remember.", _network),
    Slide(
        "Three sizes, three fates",
        "Too small, and the loss stays high; large enough, and it falls and falls; in between, it takes longer.",
        lambda found, look: paper_plots.learning(paper_plots.trio(found), look),
    ),
    Slide(
        "A critical width",
        "The speed of learning goes to zero at a width below which no time is long enough.",
        lambda found, look: paper_plots.inverse_times(found.classroom, look),
    ),
    Slide(
        "Depth",
        "With two layers fewer units are enough; how sure that is, the bars say.",
        lambda found, look: paper_plots.lines(found.classroom, look),
    ),
    Slide(
        "It ages",
        "The longer a network has learned, the more slowly its weights move on.",
        lambda found, look: paper_plots.deltas(paper_plots.class_aging(found), look),
    ),
    Slide(
        "Age is the clock",
        "Counted in ages, the curves nearly fall on one another: the mark of aging in a glass.",
        lambda found, look: paper_plots.deltas(paper_plots.class_aging(found), look, 1.0),
    ),
    Slide(
        "Who errs is shaken",
        "The narrow network goes on making mistakes, and its noise grows; the wide one makes ever fewer, and its noise "
        "dies down.",
        lambda found, look: paper_plots.gamma(paper_plots.class_aging(found), look),
    ),
    Slide(
        "The paper's networks",
        "Eighty chorales instead of eight: days instead of minutes. This is how far these runs have come.",
        lambda found, look: paper_plots.learning(paper_plots.papers(found), look),
    ),
)


def show() -> None:
    """The slide that the address names, and the keys to go on."""
    st.html(f"<style>{CSS}</style>")
    number = st.query_params.get("slide", "1")
    at = min(max(int(number), 1), len(SLIDES)) - 1 if number.isdigit() and len(number) < 4 else 0
    slide = SLIDES[at]
    with st.container(key="slide"):
        st.markdown(f"# {slide.title}")
        st.markdown(slide.sentence)
        found = Gathered.of(readable(store().runs()))
        if not slide.draw(found, Look(f"slide-{at + 1}", **LOOK)):
            st.markdown("No run shows this yet: start the class trio on Home, and an aging run on the Aging page.")
    with st.container(horizontal=True, vertical_alignment="center", key="slide_buttons"):
        if st.button("Back", key="slide_back", shortcut="Left", icon=":material/arrow_back:", disabled=at == 0):
            _to(at - 1)
        if st.button(
            "Next", key="slide_on", shortcut="Right", icon=":material/arrow_forward:", disabled=at + 1 == len(SLIDES)
        ):
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
