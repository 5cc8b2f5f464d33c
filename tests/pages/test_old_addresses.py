"""Addresses with the ids that copies of the gallery had among the reader's own runs: they open the same view."""

import numpy as np
import pytest

from glassy_core.runs.store import GALLERY_VARIABLE, RunStore
from tests.made_runs import BASE, write_aging, write_run
from tests.singers import add_singer


@pytest.fixture
def gallery(store, tmp_path, monkeypatch):
    """A gallery of three runs behind the app's store."""
    gallery = RunStore(tmp_path / "gallery")
    monkeypatch.setenv(GALLERY_VARIABLE, str(gallery.directory))
    for steps in ((0, 1000), (0, 500), (0, 100)):
        add_singer(gallery, steps=steps, name=f"sings to step {steps[-1]}")
    return gallery


def in_address(app, name):
    return "".join(app.query_params[name])  # a list, or a text


@pytest.mark.parametrize("page", ["pages/2_Learning_curves.py", "pages/4_Aging.py"])
def test_a_link_to_some_runs(open_page, gallery, page):
    write_run(gallery, BASE, np.geomspace(0.1, 10, 50), np.linspace(0.9, 0.5, 50))
    for preset in ("class-aging-under", "class-aging-near", "class-aging-over"):
        write_aging(gallery, preset)
    run = next(run for run in gallery.runs() if run.config().width == 24 and run.config().waiting_times)
    now, then = (open_page(page, run=name) for name in (run.id, f"{run.id}-gallery"))
    key = "networks" if "Aging" in page else "runs"
    assert then.multiselect(key=key).value == now.multiselect(key=key).value == [run.id]


def test_a_piece(open_page, gallery):
    (run,) = (run for run in gallery.runs() if run.config().name == "sings to step 500")
    query = {"run": f"{run.id}-gallery", "step": "500", "k": "3"}
    app = open_page("pages/5_Chorales.py", **query)
    assert app.selectbox(key="address_run").value == run.id
    assert in_address(app, "run") == run.id
    assert in_address(app, "k") == "3"
    assert not app.warning


def test_a_selection_in_the_list(open_page, gallery):
    first, second, _ = gallery.runs()
    app = open_page("pages/1_Runs.py", selected=f"{first.id}-gallery,{second.id}-gallery")
    assert in_address(app, "selected") == f"{first.id},{second.id}"
    assert app.button(key="delete")


def test_no_address_is_changed_where_the_store_has_the_copy_itself(open_page, store):
    run = add_singer(store)
    copy = run.path.rename(store.directory / f"{run.id}-gallery")
    app = open_page("pages/5_Chorales.py", run=copy.name)
    assert in_address(app, "run") == copy.name
