"""The frame of every page: title, navigation, the run store, text shown as it is."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from glassy_core.errors import EXPECTED, sentence
from glassy_core.figures.palette import TEXT, both
from glassy_core.files import ROOT
from glassy_core.jobs import dispatcher, queue
from glassy_core.runs.store import OLD_SUFFIX, RunStore, open_store
from glassy_core.ui.components.connection import own_words
from glassy_core.ui.components.in_sight import bring_into_sight
from glassy_core.ui.components.plotly_files import load_ahead
from glassy_core.ui.shell import presenter, touch, tour
from glassy_core.ui.shell.symbols import symbols
from glassy_core.ui.shell.words import typeset

_ICON = Path(__file__).resolve().parent / "icon.svg"
# Letters grow with a large wall, and figures with the letters; no line runs over all of it. Streamlit's own captions,
# chosen segments and names of keys are too faint to read for many.
INK = both(TEXT)
_CSS = (
    """
html { font-size: clamp(16px, 0.6vw, 24px); }
[data-testid=stMainBlockContainer] { max-width: 104rem; margin-inline: auto; padding-top: 0.75rem; }
[data-testid=stHeader] { background: transparent; }
[data-testid=stHeader], [data-testid=stHeader] * { pointer-events: none; }
[data-testid=stHeader] :is(button, button *, a) { pointer-events: auto; }
.st-key-navigation { padding-right: 4rem; column-gap: 0.15rem; }
[data-testid=stPopover] button[aria-expanded=true], [data-testid=stPopover] button[aria-expanded=true] * {
  color: inherit !important; /* Streamlit's own is hardly seen in dark */
}
.st-key-heading h1 { font-size: 2rem; padding: 0; }
@media (max-width: 640px) {
  .st-key-navigation { flex-wrap: nowrap; overflow-x: auto; padding-right: 0; max-width: calc(100% - 2.5rem); }
  .st-key-heading { row-gap: 0.25rem; }
  [data-testid=stHorizontalBlock] { row-gap: 0.5rem; }
  .st-key-find_curves { display: none; }
  .st-key-navigation > * { flex: none; width: auto; }
  [data-testid=stButtonGroup] [data-rac][data-orientation] { flex-wrap: wrap; overflow: visible; row-gap: 0.25rem; }
  [data-testid=stMultiSelect] [role=group]:has(> [data-testid=stMultiSelectTagsContainer]) { max-height: 10.5rem; }
  [data-testid=stMultiSelectTagsContainer] { flex-wrap: wrap; overflow: hidden auto; }
  [data-testid=stMultiSelectTagsContainer]:has([data-tag]) input { flex: 1 1 1rem; min-width: 0; }
}
[data-testid=stHeaderActionElements] { display: none; }
[data-testid=stCaptionContainer], [data-testid=stCaptionContainer] p { color: inherit; opacity: 0.86; }
.st-key-plotly, .st-key-connection, .st-key-in_sight, :has(> .st-key-refreshed-starts) { display: none; }
:has(> [class*="st-key-HIDDEN-"]) { display: none !important; }
.katex { font-size: 1.06em; }
kbd { opacity: 0.86 !important; }
[data-variant=segmented_control] p, [data-variant=pills] p, [data-orientation] p {
  color: INK;
}
""".replace("INK", INK).replace("HIDDEN", presenter.HIDDEN)
    + touch.CSS
)
_FIGURES_FIRST = ("Learning curves", "Critical width", "Aging", "Paper")  # pages; the others' own parts come first
_WITHOUT_FIGURES = ("Playground", "Chorales")  # of Plotly's, at first: a phone need not fetch it before it sounds
WRONG = "not_here"  # name in Home's address of the page that was asked for in vain
READING_WIDTH = 760  # pixels; longer lines are hard to read


@dataclass(frozen=True)
class Page:
    """A page of the app: its file from the root, its title, its icon and what it is for."""

    file: str
    title: str
    icon: str
    words: str


_ALL_PAGES = (
    Page("app.py", "Home", ":material/home:", "What this is, and what is running now."),
    Page(
        "pages/0_Playground.py",
        "Playground",
        ":material/touch_app:",
        "Drag the width and the age of a network, and see and hear at once what it has learned.",
    ),
    Page(
        "pages/1_Runs.py",
        "Runs",
        ":material/model_training:",
        "Choose settings, start networks, follow, pause, compare and keep them.",
    ),
    Page(
        "pages/2_Learning_curves.py",
        "Learning curves",
        ":material/show_chart:",
        "Watch the loss fall, live, with the floor it cannot pass.",
    ),
    Page(
        "pages/3_Critical_width.py",
        "Critical width",
        ":material/stacked_line_chart:",
        "Sweep over widths: where does learning stop being possible?",
    ),
    Page(
        "pages/4_Aging.py",
        "Aging",
        ":material/hourglass_bottom:",
        "How far the weights move after a waiting time, and the collapse of those curves.",
    ),
    Page(
        "pages/5_Chorales.py",
        "Chorales",
        ":material/music_note:",
        "Hear the networks sing, under, near and over the critical width.",
    ),
    Page(
        "pages/6_Paper.py",
        "Paper",
        ":material/menu_book:",
        "Figure by figure: the paper's numbers beside those of the runs here.",
    ),
    Page("pages/7_Present.py", "Present", ":material/slideshow:", "The story in nine slides, for a wall."),
)


def pages() -> list[Page]:
    """The pages that exist, Home first."""
    return [page for page in _ALL_PAGES if (ROOT / page.file).exists()]


def address_of(page: Page) -> str:
    """The last part of a page's address, '' for Home: as Streamlit makes it of the file's name."""
    return "" if page is _ALL_PAGES[0] else re.sub(r"^\d+_", "", Path(page.file).stem)


def _say_what_is_not_here() -> None:
    """On Home: which page an address asked for in vain."""
    with st.container():  # which is there without words, too: what follows keeps its place
        if wrong := st.query_params.get(WRONG):
            words = f"There is no page “{plain(wrong[:60])}” here: choose one above."
            st.info(words, icon=":material/link_off:")


def frame(title: str, lead: str = "", heading: bool = True) -> None:
    """Call first on every page: the browser's title, the navigation, the heading and one leading sentence."""
    st.set_page_config(
        page_title="glassy" if title == "Home" else f"{title} - glassy",
        # A file of our own: Streamlit fetches the icons it names from the network.
        page_icon=_ICON.read_text(encoding="utf-8"),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    _bring_up_to_date()
    with st.container(key="navigation", horizontal=True, gap="xsmall", vertical_alignment="center"):
        for entry in pages():
            link(entry)
        symbols()
        presenter.door()
        st.html(f"<style>{_CSS}</style>")
        own_words()
        bring_into_sight()
        if title not in _WITHOUT_FIGURES:
            load_ahead(after=0.0 if title in _FIGURES_FIRST else 1.5)
    tour.bar(next(page.file for page in _ALL_PAGES if page.title == title))
    if heading:
        with st.container(key="heading", horizontal=True, vertical_alignment="bottom", gap="medium"):
            st.title("glassy" if title == "Home" else title, anchor=False, width="content")
            if lead:
                prose(lead)
    if title == "Home":
        _say_what_is_not_here()
    start_dispatcher(str(store().directory))


def link(page: Page, label: str | None = None, query: dict[str, str | list[str]] | None = None) -> None:
    """A link to one of the pages; query: the view it opens with, as in its URL."""
    st.page_link(page.file, label=label or page.title, icon=page.icon, query_params=query)


def link_to(title: str, label: str | None = None, query: dict[str, str | list[str]] | None = None) -> None:
    """A link to the page of that title, where it exists."""
    for page in pages():
        if page.title == title:
            link(page, label, query)


def prose(markdown: str) -> None:
    """A paragraph no wider than is good to read, its symbols typeset."""
    st.markdown(typeset(markdown), width=READING_WIDTH)


def store() -> RunStore:
    """The app's run store: $GLASSY_RUNS_DIR, or runs/ with the gallery."""
    return open_store()


@st.cache_resource(show_spinner=False)
def start_dispatcher(directory: str) -> None:
    """See to it once that somebody serves the queue, where something waited before the app was there."""
    with contextlib.suppress(OSError):  # a store that cannot be written: starting a run says so
        if queue.look(found := RunStore(Path(directory))).waiting:
            dispatcher.ensure_dispatcher(found)


def drop_endless(names: Iterable[str]) -> None:
    """Take numbers without an end (inf, 1e999, nan) out of the address, before fields for whole numbers are drawn.

    Streamlit raises an exception for them; what else it cannot use it drops by itself.
    """
    endless = [name for name in names if _is_endless(st.query_params.get(name, ""))]
    for name in endless:
        del st.query_params[name]
    if endless:
        st.rerun()  # the fields are filled from the address that a run begins with


def _bring_up_to_date() -> None:
    """Give runs of the gallery that an old address names by the ids of their copies the ids that they have now."""
    for name in st.query_params:
        old = st.query_params.get_all(name)
        now = [re.sub(rf"[\w-]+{OLD_SUFFIX}\b", lambda run_id: store().named(run_id[0]).id, value) for value in old]
        if now != old:
            st.query_params[name] = now
            st.rerun()  # the fields are filled from the address that a run begins with


def _is_endless(text: str) -> bool:
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return False  # no number at all


def or_sentence(draw: Callable[[], None]) -> None:
    """Draw a part of the page, or say in one sentence what kept it from being drawn, where that was to be expected."""
    try:
        draw()
    except EXPECTED as error:
        st.error(plain(sentence(error)), icon=":material/error:")


def plain(text: str) -> str:
    """text for a place that renders markdown, every character shown as it is."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|$~:^=&])", r"\\\1", text)
