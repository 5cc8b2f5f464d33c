"""Present: the story in nine slides, each one figure and one sentence, for a wall."""

from glassy_core import ui
from glassy_core.ui.paper import slides

ui.frame("Present", heading=False)
ui.notice_starts(always=True)
ui.or_sentence(slides.show)
