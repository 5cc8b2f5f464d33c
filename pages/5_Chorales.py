"""Chorales: the network's output fed back as its input, until it sings."""

from glassy_core import ui
from glassy_core.ui.chorales import page

ui.frame("Chorales", "The network hears a few chords, predicts the next, hears its own prediction, and so sings on.")
ui.notice_starts()
ui.or_sentence(page.show)
