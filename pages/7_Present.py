"""Present: the story in eight slides, each one figure and one sentence, for a wall."""

from glassy_core import ui
from glassy_core.ui.paper import slides

ui.frame("Present", heading=False)
ui.notice_starts()
slides.show()
