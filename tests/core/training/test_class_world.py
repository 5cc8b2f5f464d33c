"""The small world that shows it all: eight chorales, two layers, too narrow and wide enough."""

import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs.execution import execute
from glassy_core.presets import preset
from glassy_core.runs.store import RunStore


@pytest.mark.parametrize(("name", "steps", "learns"), [("class-under", 30_000, False), ("class-over", 24_000, True)])
def test_the_wide_network_learns_and_the_narrow_one_does_not(tmp_path, name, steps, learns):
    store = RunStore(tmp_path / "runs")
    run = store.create(preset(name).config, load_edition("corpus").digest)
    run.write_state(type(run.state())(steps=steps))
    execute(run)
    records = [record for _, record in run.metrics()]
    assert records[-1]["step"] == steps
    assert (records[-1]["nll"] < 0.01) == learns
    assert records[-1]["orthogonality_error"] < 1e-10
