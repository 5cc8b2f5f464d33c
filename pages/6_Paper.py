"""Paper: figure by figure, what Hertz and Tyrcha found, and what the runs in this store say of it."""

import streamlit as st

from glassy_core import ui
from glassy_core.ui.paper import sections

ui.frame(
    "Paper",
    "*Glassy dynamics near the learnability transition in deep recurrent networks*, figure by figure: the paper's "
    "numbers beside those that the runs in this store give. All of ours are computed from the store as you look.",
)
found = sections.known()
sections.summary(found)
st.header("Figure 1: the network", anchor=False)
sections.network()
sizes = [finding for finding in found if finding.figure == 1]
sections.table(sizes)
sections.behind(1, sizes)
for figure, (title, words) in sections.FIGURES.items():
    st.header(f"Figure {figure}: {title}", anchor=False)
    ui.prose(words)
    statements = [finding for finding in found if finding.figure == figure]
    sections.table(statements)
    sections.plot(figure)
    sections.behind(figure, statements)
