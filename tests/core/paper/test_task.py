"""Which runs may stand beside the paper's numbers."""

from dataclasses import replace

import numpy as np
import pytest

from glassy_core.paper.evidence import Evidence
from glassy_core.paper.figures import findings
from glassy_core.paper.numbers import CURVES, PAPER_W_C, PRESET_OF, paper_curve, paper_widths
from glassy_core.paper.regimes import of_the_trio
from glassy_core.paper.task import VARIED, Measurement, is_class_world, is_papers
from glassy_core.presets import CLASS_AGING, CLASS_TRIO, PRESETS, SWEEPS
from glassy_core.runs.groups import readable
from glassy_core.runs.store import RunStore
from glassy_core.settings import names_of, with_dynamics
from tests.made_runs import write_run, write_sweep
from tests.other_settings import changed

MEASUREMENTS = Measurement.__args__
PAPERS = PRESETS["paper-d2-near"].config
RULE = [name for name in names_of("learning", "world") if name not in (*VARIED, "dynamics")]  # and data
FLOW = with_dynamics(PAPERS, "flow")


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("name", [name for name in PRESETS if name.startswith("paper-d")])
def test_the_papers_presets_are_the_papers_task(name, measurement):
    assert is_papers(PRESETS[name].config, measurement)


@pytest.mark.parametrize("shape", CURVES)
@pytest.mark.parametrize("name", RULE)
def test_the_papers_law_is_of_its_own_rule_and_data(shape, name):
    config = PRESETS[PRESET_OF[shape]].config
    assert paper_curve(config) == CURVES[shape]
    assert paper_curve(changed(config, name)) is None


@pytest.mark.parametrize("name", VARIED)
@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_what_the_paper_varies_too_is_free(measurement, name):
    assert is_papers(changed(PAPERS, name), measurement)


@pytest.mark.parametrize("depth", [1, 2, 5, 10])
@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_full_gradient_descent_is_the_papers_for_the_critical_width_of_two_layers_alone(measurement, depth):
    config = replace(PAPERS, depth=depth, batch_size="all")
    assert is_papers(config, measurement) == (measurement == "critical width" and depth == 2)
    assert not is_papers(replace(config, gradient="exact"), measurement)


@pytest.mark.parametrize("depth", [1, 2, 5, 10])
@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_a_flow_of_the_usual_tolerance_stands_beside_the_paper(measurement, depth):
    assert is_papers(replace(FLOW, depth=depth), measurement)
    assert not is_papers(replace(FLOW, depth=depth, tolerance=1e-2), measurement)


def test_the_papers_widths_stand_beside_depths_of_its_task_alone():
    papers = [replace(PAPERS, depth=depth) for depth in (1, 2, 5, 10)]
    assert paper_widths(papers) == PAPER_W_C
    assert paper_widths(replace(config, batch_size="all") for config in papers) == {2: PAPER_W_C[2]}
    assert paper_widths([*papers, replace(papers[0], gradient="exact")]) == {2: PAPER_W_C[2], 5: PAPER_W_C[5]}
    assert paper_widths([]) == {}


@pytest.mark.parametrize("batch_size", [300, "all"])
def test_a_sweep_by_full_gradient_descent_is_judged_as_one_by_minibatches(tmp_path, batch_size):
    store = RunStore(tmp_path)
    write_sweep(store, depths=(1, 2), base=replace(SWEEPS["paper-d2"].base, batch_size=batch_size))
    every = findings(Evidence.of(readable(store.runs())))
    of_fig_5 = {str(finding.what): finding for finding in every if finding.figure == 5}
    judged = {depth: of_fig_5[f"w_c at NLL* = 0.01, d = {depth}, and the parameters there"] for depth in (1, 2)}
    assert str(judged[2].ours) != "-"
    assert (str(judged[1].ours) == "-") == (batch_size == "all")


def test_the_larger_sweep_of_two_layers_stands_for_it(tmp_path):
    store = RunStore(tmp_path)
    few = [write_run(store, replace(PAPERS, width=width), [1.0], [0.5]) for width in (30, 68)]
    many = [write_run(store, replace(PAPERS, width=width, batch_size="all"), [1.0], [0.5]) for width in (60, 70, 80)]
    evidence = Evidence.of(readable(store.runs()))
    assert {member.run for member in evidence.paper} == set(few)
    assert {member.run for member in evidence.sweeps[2]} == set(many)


@pytest.mark.parametrize("name", [name for name in RULE if name not in ("edition", "chorales")])
def test_a_curve_by_another_rule_is_not_judged_as_the_papers(tmp_path, name):
    store, tau = RunStore(tmp_path), np.geomspace(0.01, 5000, 300)
    config = changed(PRESETS["paper-d2-under"].config, name)
    write_run(store, config, tau, 0.1265 + 0.6 * tau**-0.52)
    evidence = Evidence.of(readable(store.runs()))
    assert evidence.network(2, 30) is None
    assert all(finding.verdict == "open" for finding in findings(evidence) if finding.figure > 1)


@pytest.mark.parametrize("name", [*CLASS_TRIO, *CLASS_AGING])
def test_the_class_world_is_its_presets_on_either_edition(name):
    config = PRESETS[name].config
    for edition, inside in (("corpus", True), ("paper", True), ("own:songs", False)):
        assert is_class_world(replace(config, edition=edition)) is inside
        assert is_class_world(with_dynamics(replace(config, edition=edition), "flow")) is inside
    for different in set(RULE) - {"edition"}:
        other = changed(config, different)
        assert not is_class_world(other)
        assert of_the_trio(other) is None
