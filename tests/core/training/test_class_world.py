"""The small world that shows it all: eight chorales, two layers, too narrow and wide enough."""

import numpy as np
import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs.execution import execute
from glassy_core.presets import preset
from glassy_core.runs.store import GALLERY, RunStore

STEPS = 6000  # the curves have parted; the gallery's go on to where they end


@pytest.mark.parametrize(("name", "learns"), [("class-under", False), ("class-over", True)])
def test_the_wide_network_learns_and_the_narrow_one_does_not_as_in_the_gallery(tmp_path, name, learns):
    store = RunStore(tmp_path / "runs")
    run = store.create(preset(name).config, load_edition("corpus").digest)
    run.write_state(type(run.state())(steps=STEPS))
    execute(run)
    now = {record["step"]: record for _, record in run.metrics()}
    then = gallery_curve(preset(name).config)
    shared = sorted(set(now) & set(then) - {0})
    assert shared[-1] == STEPS
    ratio = [now[step]["nll"] / then[step] for step in shared if step >= 100]
    assert np.median(ratio) == pytest.approx(1, abs=0.02)
    assert np.ptp(ratio) < 0.2
    assert (now[STEPS]["nll"] < 0.07) == learns
    assert (min(then.values()) < 0.01) == learns
    assert now[STEPS]["orthogonality_error"] < 1e-10


def gallery_curve(config):
    """NLL at each step of the longest run of these settings that comes with the app."""
    kept = {
        name: getattr(config, name) for name in ("depth", "width", "seed", "chorales", "eta", "edition", "dynamics")
    }
    runs = [run for run in RunStore(GALLERY).runs() if vars(run.config()).items() >= kept.items()]
    return max(({r["step"]: r["nll"] for _, r in run.metrics()} for run in runs), key=len)
