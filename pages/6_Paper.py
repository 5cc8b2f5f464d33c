"""Paper: figure by figure, what Hertz and Tyrcha found, and what the runs in this store say of it."""

import streamlit as st

from glassy_core import ui
from glassy_core.ui import paper_parts

ui.frame(
    "Paper",
    "*Glassy dynamics near the learnability transition in deep recurrent networks*, figure by figure: the paper's "
    "numbers beside those that the runs in this store give. All of ours are computed from the store as you look.",
)
found = paper_parts.known()
paper_parts.summary(found)
st.header("Figure 1: the network", anchor=False)
paper_parts.network()
sizes = [finding for finding in found if finding.figure == 1]
paper_parts.table(sizes)
paper_parts.behind(1, sizes)
for figure, (title, words) in paper_parts.FIGURES.items():
    st.header(f"Figure {figure}: {title}", anchor=False)
    ui.prose(words)
    statements = [finding for finding in found if finding.figure == figure]
    paper_parts.table(statements)
    paper_parts.plot(figure)
    paper_parts.behind(figure, statements)
