"""What the pages call: `ui.frame("Runs")`, `ui.store()`, ... The only part of the core that imports Streamlit."""

# Scipy takes a third of a second to import: with the first page, where it is least noticed, rather than the curves.
import glassy_core.physics.learning_curves.power_law  # noqa: F401
from glassy_core.ui.home import class_trio, doors, playground_door, running_now
from glassy_core.ui.runs.new_run import new_run
from glassy_core.ui.runs.run_list import all_runs
from glassy_core.ui.shell.frame import (
    READING_WIDTH,
    frame,
    link,
    or_sentence,
    pages,
    plain,
    prose,
    start_dispatcher,
    store,
)
from glassy_core.ui.shell.polling import follow, notice_starts
from glassy_core.ui.shell.serving import MIDDLEWARE, opening
from glassy_core.ui.shell.tour import start_button as tour_button

__all__ = [
    "MIDDLEWARE",
    "READING_WIDTH",
    "all_runs",
    "class_trio",
    "doors",
    "follow",
    "frame",
    "link",
    "new_run",
    "notice_starts",
    "opening",
    "or_sentence",
    "pages",
    "plain",
    "playground_door",
    "prose",
    "running_now",
    "start_dispatcher",
    "store",
    "tour_button",
]
