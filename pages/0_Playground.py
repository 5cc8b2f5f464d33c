"""Playground: every network of the class world at any age, dragged, seen and heard in the browser at once."""

from glassy_core import ui
from glassy_core.ui.playground import page

ui.frame("Playground", heading=False)
page.show()
