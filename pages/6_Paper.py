"""Paper: figure by figure, what Hertz and Tyrcha found, and what the runs in this store say of it."""

from glassy_core import ui
from glassy_core.ui.paper import sections

ui.frame(
    "Paper",
    "*Glassy dynamics near the learnability transition in deep recurrent networks*, figure by figure: the paper's "
    "numbers beside those that the runs in this store give. All of ours are computed from the store as you look.",
)
ui.notice_starts()
sections.page()
