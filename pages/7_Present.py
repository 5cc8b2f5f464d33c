"""Present: the story in nine slides, each one figure and one sentence, for a wall."""

import streamlit as st

from glassy_core import ui
from glassy_core.errors import EXPECTED, sentence
from glassy_core.ui.paper import slides

ui.frame("Present", heading=False)
ui.notice_starts(always=True)
try:
    slides.show()
except EXPECTED as error:
    st.error(ui.plain(sentence(error)), icon=":material/error:")
