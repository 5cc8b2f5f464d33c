"""A first walk through the app in five steps: a bar at the top of the pages that says what to look at, and goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from glassy_core.figures.palette import PAPER_BACKGROUND, both

_STEP = "tour_step"
_KEY = "Ctrl+Enter"  # goes on; Next is many presses of Tab away
BACKGROUND = both(PAPER_BACKGROUND)
# At the foot of the window, so that what a step speaks of is in sight; a phone has no room for both.
_CSS = """
@media (min-width: 641px) {
  :has(> .st-key-tour_place) { order: 1; position: sticky; bottom: 0.5rem; z-index: 5; }
  .st-key-tour { background: BACKGROUND; }
}
""".replace("BACKGROUND", BACKGROUND)


@dataclass(frozen=True)
class Step:
    """One stop: the page's file, what it shows, what to try there, and whether that is the page's first figure."""

    file: str
    title: str
    words: str
    figure: bool = False


STEPS = (
    Step(
        "pages/2_Learning_curves.py",
        "Three networks learn",
        "Each curve is one network; lower is better. The narrow one (w = 10) stays high, the wide one (w = 48) falls "
        "first, the middle one (w = 24) follows it later. Drag over the plot to zoom, double-click to come back.",
        figure=True,
    ),
    Step(
        "pages/3_Critical_width.py",
        "Where learning stops being possible",
        "Every dot is one network's speed of learning. Follow a curve down to zero: there no time is long enough. That "
        "is the critical width. Compare one layer with two.",
        figure=True,
    ),
    Step(
        "pages/4_Aging.py",
        "Learning ages like a glass",
        "We wait, then watch how far the weights go. The longer we waited, the slower they move. Further down, move μ "
        "until the curves fall on one another.",
        figure=True,
    ),
    Step(
        "pages/5_Chorales.py",
        "Hear it",
        "A network hears four chords of Bach and sings on by itself. Press play, then choose a narrower network, and "
        "listen to what it never learned.",
    ),
    Step(
        "pages/1_Runs.py",
        "Your own network",
        "Choose a preset, read how long it will take here, and start it. Its curve moves within seconds, and it goes "
        "on learning when you close the page.",
    ),
)


def start_button() -> None:
    """On Home: begin the tour."""
    if st.button("Take the tour", icon=":material/explore:", help="Five steps through the pages; stop any time."):
        _go(0)


def bar(page: str) -> None:
    """The bar of the tour's step, where the tour is on; page: the file of the page that is shown."""
    asked = st.query_params.get("tour")
    if asked and asked.isdigit() and 1 <= int(asked) <= len(STEPS):
        st.session_state[_STEP] = int(asked) - 1
    step = st.session_state.get(_STEP)
    with st.container(key="tour_place"):  # which is there without the tour, too: what follows keeps its place
        if step is not None:
            _bar(step, page)


def _bar(step: int, page: str) -> None:
    here = STEPS[step]
    with st.container(border=True, key="tour", horizontal=True, vertical_alignment="center"):
        st.html(f"<style>{_CSS}</style>")
        st.markdown(f"**{step + 1} of {len(STEPS)}: {here.title}.** {here.words}", width=760)
        if Path(here.file).name != Path(page).name:
            st.page_link(here.file, label="Back to where the tour is", query_params={"tour": str(step + 1)})
        # live_figure.js brings the figure into sight that a step speaks of.
        with st.container(horizontal=True, width="content", key="tour_figure" if here.figure else "tour_page"):
            if step > 0 and st.button("Back", key="tour_back", icon=":material/arrow_back:"):
                _go(step - 1)
            if step + 1 < len(STEPS):
                if st.button("Next", key="tour_next", shortcut=_KEY, icon=":material/arrow_forward:", type="primary"):
                    _go(step + 1)
            elif st.button("That was it", key="tour_end", shortcut=_KEY, icon=":material/check:", type="primary"):
                _end()
            if step + 1 < len(STEPS) and st.button("Skip the tour", key="tour_skip", type="tertiary"):
                _end()


def _go(step: int) -> None:
    st.session_state[_STEP] = step
    st.switch_page(STEPS[step].file, query_params={"tour": str(step + 1)})


def _end() -> None:
    st.session_state.pop(_STEP, None)
    st.query_params.pop("tour", None)
    st.rerun()
