"""Chorales: the network's output fed back as its input, until it sings."""

import streamlit as st

from glassy_core import ui
from glassy_core.errors import EXPECTED, sentence
from glassy_core.ui.chorales import page

ui.frame("Chorales", "The network hears a few chords, predicts the next, hears its own prediction, and so sings on.")
ui.notice_starts()
try:
    page.show()
except EXPECTED as error:
    st.error(ui.plain(sentence(error)), icon=":material/error:")
