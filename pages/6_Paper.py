"""Paper: figure by figure, what Hertz and Tyrcha found, and what the runs in this store say of it."""

from glassy_core import ui
from glassy_core.ui.paper import sections

ui.frame(
    "Paper",
    "Figure by figure: the paper's numbers beside ours, computed from the runs of this store as you look.",
)
ui.notice_starts()
sections.page()
