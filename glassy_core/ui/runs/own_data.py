"""The reader's own music on the Runs page: upload, name, grid; then the report of what was taken."""

from __future__ import annotations

import streamlit as st

from glassy_core.editions.loading import summary
from glassy_core.editions.midi_files import GRIDS
from glassy_core.editions.own_data import import_own
from glassy_core.editions.own_files import MIDI_ENDINGS, File
from glassy_core.ui.shell import presenter
from glassy_core.ui.shell.actions import Outcome, button
from glassy_core.ui.shell.frame import READING_WIDTH, plain
from glassy_core.ui.shell.words import number, whole

MOST_MB = 20  # of one uploaded file; the server, by .streamlit/config.toml, takes no larger one
_REPORT = "own_report"
_SHOWN = 12  # refused pieces that are listed at once


def own_data() -> None:
    """The part of the form that makes an edition of uploaded files."""
    if not presenter.may_act():
        return
    with st.expander("Your own music", icon=":material/library_add:", key="own"):
        st.markdown(
            "Upload MIDI files, one zip of them, or one JSON file (a list of chorales, each a list of chords, each a "
            "list of MIDI pitches). They become an edition that networks learn as they learn the chorales; it stays "
            "on this machine. What a zip has in folders named train, valid and test is held out as they say.",
            width=READING_WIDTH,
        )
        uploaded = st.file_uploader(
            "Your files", [*(ending[1:] for ending in MIDI_ENDINGS), "zip", "json"], accept_multiple_files=True,
            key="own_files", max_upload_size=MOST_MB,
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Name", key="own_name", placeholder="such as folk-songs", width=240)
            st.segmented_control(
                "A chord at every", list(GRIDS), default="quarter", required=True, key="own_grid",
                help="The grid on which MIDI files are sampled. JSON is taken as it is.",
            )  # fmt: skip
            button(
                "Make it an edition", key="own_make", icon=":material/library_add:", disabled=not (uploaded and name),
                args=(_make,),
            )  # fmt: skip
        _report()


def _make() -> Outcome:
    """A button's callback: the edition as the form asks for it now, its report, and the form set to learn it."""
    state = st.session_state
    state.pop(_REPORT, None)
    files = [File(one.name, one.getvalue()) for one in state["own_files"]]
    edition, report = import_own(files, state["own_name"], state["own_grid"])
    train = edition.splits["train"]
    facts = summary(edition, len(train))
    st.session_state[_REPORT] = (facts, report)
    st.session_state["edition"] = edition.name
    chorales = st.session_state.get("chorales")
    st.session_state["chorales"] = min(chorales, len(train)) if chorales else len(train)
    return Outcome(done=f"{edition.name} is ready, and chosen in the settings.")


def _report() -> None:
    """What was taken and refused, and the numbers of the last edition made."""
    if _REPORT not in st.session_state:
        return
    facts, report = st.session_state[_REPORT]
    st.markdown(f"**{plain(report.edition)}**")
    pitches = facts["pitches"]
    with st.container(horizontal=True, gap="large"):
        st.metric("Pieces to learn", whole(facts["chorales"]), width="content")
        st.metric("Transitions", whole(facts["transitions"]), width="content")
        st.metric("Pitches (MIDI)", f"{pitches['low']} to {pitches['high']}", width="content")
        st.metric("Floor of the NLL (bits)", number(facts["floor_bits"], 3), width="content")
    st.caption(plain(" ".join(report.sentences())))
    refused = report.refusals()
    if refused:
        more = f"\n- and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
        st.warning("\n".join(f"- {plain(one)}" for one in refused[:_SHOWN]) + more, icon=":material/info:")
    st.caption(f"Digest {facts['digest'][:12]}. Runs of other data are never mixed with its runs.")
