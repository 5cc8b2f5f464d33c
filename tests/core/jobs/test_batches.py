"""Which runs may be trained in lockstep, as one batch."""

from dataclasses import replace

import pytest

from glassy_core.jobs.execution import MAY_DIFFER, execute
from glassy_core.runs.run import RunError
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig
from tests.other_settings import NAMES, changed

BASE = RunConfig(width=10, chorales=2)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in (*MAY_DIFFER, "tolerance")])
def test_a_setting_in_which_runs_of_a_batch_must_agree_is_named(tmp_path, name):
    store = RunStore(tmp_path)
    other = changed(BASE, name)
    runs = [store.create(config, "digest", "paused") for config in (BASE, replace(other, width=12, seed=3))]
    with pytest.raises(RunError, match=f"may differ in name, width, seed, eta only, not in {name}\\."):
        execute(runs)
    assert [run.state().status for run in runs] == ["failed", "failed"]
