"""A first walk through the app in six steps: a bar at the top of the pages that says what to look at, and goes on."""

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
.st-key-tour_sight { display: none; }
@media (pointer: coarse) { .st-key-tour :is(.st-key-tour_mouse, kbd) { display: none; } }
@media not (pointer: coarse) { .st-key-tour_touch { display: none; } }
""".replace("BACKGROUND", BACKGROUND)


# What a step speaks of is brought into sight above the bar, as long as the reader does nothing: what is above it on the
# page may still grow.
_SIGHT = """
export default ({ data }) => {
  const bar = document.querySelector(".st-key-tour")
  const still = new AbortController()
  const signal = AbortSignal.any([still.signal, AbortSignal.timeout(10000)])
  for (const name of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    window.addEventListener(name, () => still.abort(), { signal, capture: true })
  }
  const show = () => {
    const part = document.querySelector(data.part)
    if (!part || getComputedStyle(bar.closest(".st-key-tour_place").parentElement).position !== "sticky") return
    part.style.scrollMarginBottom = `${bar.offsetHeight + 24}px`
    part.scrollIntoView({ block: "nearest" })
  }
  const again = setInterval(show, 250)
  signal.addEventListener("abort", () => clearInterval(again))
  return () => still.abort()
}
"""
_sight = st.components.v2.component("glassy_tour", js=_SIGHT)
_FIGURE = ".glassy-figure"


@dataclass(frozen=True)
class Step:
    """One stop: the page's file, what it shows, what to try there with a mouse or with a finger.

    part: what the words speak of, as a selector of CSS; by default the page's beginning.
    """

    file: str
    title: str
    words: str
    by_mouse: str = ""
    by_touch: str = ""
    part: str = ".st-key-navigation"


STEPS = (
    Step(
        "pages/0_Playground.py",
        "Touch first",
        "One network's loss over its age. Wide networks end low, narrow ones stay high. *Listen* lets it sing.",
        "Drag the handle along the curve, and the width.",
        "Draw the handle along the curve with a finger, and the width.",
    ),
    Step(
        "pages/2_Learning_curves.py",
        "Three networks learn",
        "Each curve is one network; lower is better. The narrow one (w = 10) stays high, the wide one (w = 48) falls "
        "first, the middle one (w = 24) follows it later.",
        "Drag over the plot to zoom, double-click to come back.",
        "Tap a curve to read it, a name to hide it.",
        _FIGURE,
    ),
    Step(
        "pages/3_Critical_width.py",
        "Where learning stops being possible",
        "Every dot is one network's speed of learning. Follow a curve down to zero: there no time is long enough. That "
        "is the critical width. Compare one layer with two.",
        part=_FIGURE,
    ),
    Step(
        "pages/4_Aging.py",
        "Learning ages like a glass",
        "We wait, then watch how far the weights go. The longer we waited, the slower they move. Under The "
        "collapse, move μ until the curves fall on one another.",
        part=_FIGURE,
    ),
    Step(
        "pages/5_Chorales.py",
        "Hear it",
        "A network hears four chords of Bach and composes on by itself. Press play, and ask for another piece. Behind "
        "By heart you hear which chorales a network knows to the end.",
        part=".st-key-piece_heading",
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
    if st.button("Take the tour", icon=":material/explore:", help="Six steps through the pages; stop any time."):
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
        with st.container(width=680, gap=None):
            st.markdown(f"**{step + 1} of {len(STEPS)}: {here.title}.** {here.words}")
            for hand, words in (("mouse", here.by_mouse), ("touch", here.by_touch)):
                with st.container(key=f"tour_{hand}"):
                    st.markdown(words)
        if Path(here.file).name != Path(page).name:
            st.page_link(here.file, label="Back to where the tour is", query_params={"tour": str(step + 1)})
        _sight(key="tour_sight", data={"part": here.part})
        with st.container(horizontal=True, width="content"):
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
