"""The compiled engine on 64-bit ARM, against the reference; try.sh runs it.

    trial.py reference FILE    here, where torch is: what learning_rule.TorchLearner makes of CASES in float64, what
                               the engine makes of them on this processor, and the flow of FLOWS in float64
    trial.py compare FILE      under the emulator: how far the engine is from that, by one thread and by two, and the
                               tests of the kernels

Shapes, data and bounds are those of tests/core/network, test_compiled.py, test_threaded.py and test_flow.py.
"""

import os
import sys
from itertools import product
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
COMPARING = sys.argv[1] == "compare"
if COMPARING:  # torch is not there: what needs the reference is skipped
    absent = Mock(side_effect=lambda *_, **__: pytest.skip("needs the reference"))
    sys.modules["torch"] = sys.modules["glassy_core.network.learning_rule"] = Mock(TorchLearner=absent)

from glassy_core.network.compiled.learner import CompiledLearner  # noqa: E402
from glassy_core.network.compiled.simd import LANES  # noqa: E402
from glassy_core.network.compiled.threaded import ThreadedLearner  # noqa: E402
from glassy_core.network.equations import forward, nll_bits  # noqa: E402
from glassy_core.network.flow import TOLERANCE, Flow  # noqa: E402
from glassy_core.network.velocity_field import velocity_field  # noqa: E402
from tests.core.network import test_compiled as kernels  # noqa: E402

SHAPES = (1, 3), (2, 5), (3, 13), (2, 20)
LENGTHS = (40, 21, 9)  # chords of the chorales
EXACTLY, LOOSELY = 2e-5, 0.01  # bounds: after 4 steps, and for a long descent
LONG = 500
THREADS, BY_THREADS = 2, 5e-5
FLOWS = (1, 3), (2, 5), (3, 13), (2, 20)  # depth, width
FLOW_TAUS, ALONG_A_FLOW = (0.3, 1.0, 3.0), 20 * TOLERANCE
# depth, width, gradient, minibatch or None for all transitions, steps, eta
CASES = [(*shape, *how, 4, 2e-2) for shape, how in product(SHAPES, product(("delayed", "exact"), (20, None)))]
CASES += [(2, 12, *how, LONG, 1e-2) for how in product(("delayed", "exact"), (20, None))]


def results(make, case, start):
    """What a learner has at every step of a case, by name; of a long case only weights, at step 10 and at the end."""
    _, _, gradient, p, steps, eta = case
    data, out = kernels.packed(LENGTHS), {}
    learner = make([start], data, gradient)
    for step, batch in enumerate(kernels.batches(data, p, steps), 1):
        learner.evaluate()
        if steps < LONG:
            for name in ("mu", "H", "errors", "deltas"):
                out[f"{step} {name}"] = np.asarray(getattr(learner, name)).copy()
        learner.update([eta], batch)
        if step in (10, steps):
            out |= {f"{step} {name}": value for name, value in learner.weights().items()}
    return out


def write_reference(file):
    import torch

    from glassy_core.network.learning_rule import TorchLearner

    def make(networks, data, gradient):
        return TorchLearner(networks, data, gradient, dtype=torch.float64)

    kept = {}
    for i, case in enumerate(CASES):
        depth, width, _, _, steps, _ = case
        start = kernels.busy_weights(depth, width)
        if steps == LONG:
            start = kernels.initial_weights(depth, width, np.random.default_rng(5))
        found = {"start": start, "expected": results(make, case, start), "here": results(CompiledLearner, case, start)}
        kept |= {f"{i} {kind} {name}": value for kind, arrays in found.items() for name, value in arrays.items()}
    kept |= {f"flow {k} {name}": value for k, place in enumerate(FLOWS) for name, value in flow("torch", place).items()}
    np.savez(file, **kept)


def flow(engine, place, threads=1):
    """The velocity of a network's weights, by name, its loss there, and the NLL along its flow."""
    start, data = kernels.busy_weights(*place), kernels.packed(LENGTHS)
    field = velocity_field(engine, start, data, 3, threads)
    field.write(0, start)
    out = {"loss": field.evaluate(1, (1.0,), (0,), 2, measured=True)}
    out |= {f"velocity {name}": value for name, value in field.read(2).items()}
    along, nll = Flow(start, data, TOLERANCE, engine=engine, threads=threads), []
    for tau in FLOW_TAUS:
        while along.tau < tau:
            along.advance()
        nll.append(along.at(tau).nll)
    return out | {"nll": np.array(nll)}


def part(arrays, prefix):
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def changes(start, found, expected, step):
    """The largest relative difference of a weight's change."""
    return max(error for _, error in kernels.relative_changes(start, part(found, step), part(expected, step)))


def compare(file):
    """Print differences; whether all are below their bounds."""
    kept, good, equal = dict(np.load(file)), True, 0
    print(f"{LANES} numbers a vector, processor {os.environ.get('NUMBA_CPU_NAME', 'as found')}")
    print("d  w  gradient  batch  steps  differences")
    for i, case in enumerate(CASES):
        depth, width, gradient, p, steps, _ = case
        start, expected, there = (part(kept, f"{i} {kind} ") for kind in ("start", "expected", "here"))
        found = results(CompiledLearner, case, start)
        equal += all(np.array_equal(value, there[name]) for name, value in found.items())
        if steps < LONG:
            apart = {"weights": changes(start, found, expected, f"{steps} ")}
            for name in ("mu", "H", "errors", "deltas"):
                pairs = [(value, expected[key]) for key, value in found.items() if key.endswith(name)]
                apart[name] = max(np.abs(a - b).max() / max(1, np.abs(b).max()) for a, b in pairs)
            bound = EXACTLY
        else:
            data = kernels.packed(LENGTHS)
            nll = [nll_bits(forward(part(run, f"{steps} "), data)[1], data.targets).mean() for run in (found, expected)]
            apart = {"weights at step 10": changes(start, found, expected, "10 "), "NLL": abs(nll[0] / nll[1] - 1)}
            bound = LOOSELY
        good &= all(value < bound for value in apart.values())
        said = "  ".join(f"{name} {value:.1e}" for name, value in apart.items())
        print(f"{depth} {width:2}  {gradient:8}  {p or 'all':5}  {steps:5}  {said}  (below {bound})", flush=True)
    print(f"{equal} of {len(CASES)} cases have the bits of the processor that made the reference.")
    return compare_threads(kept) and compare_flows(kept) and good


def compare_threads(kept):
    """The short cases by several threads."""
    worst = 0.0
    for i, case in enumerate(CASES):
        if case[4] < LONG:
            start, expected = (part(kept, f"{i} {kind} ") for kind in ("start", "expected"))
            found = results(lambda *of: ThreadedLearner(*of, threads=THREADS), case, start)
            worst = max(worst, changes(start, found, expected, f"{case[4]} "))
    print(f"{THREADS} threads, 4 steps: weights {worst:.1e}  (below {BY_THREADS})", flush=True)
    return worst < BY_THREADS


def compare_flows(kept):
    """The flow's velocity and its way, by one thread and by several."""
    good = True
    for k, place in enumerate(FLOWS):
        expected = part(kept, f"flow {k} ")
        for threads in (1, THREADS):
            found = flow("compiled", place, threads)
            velocity = max(
                np.abs(found[name] - value).max() / max(1e-3, np.abs(value).max())
                for name, value in expected.items()
                if name.startswith("velocity")
            )
            along = np.abs(found["nll"] / expected["nll"] - 1).max()
            loss = abs(found["loss"] / expected["loss"] - 1)
            good &= velocity < BY_THREADS and loss < EXACTLY and along < ALONG_A_FLOW
            print(
                f"flow of d = {place[0]}, w = {place[1]}, {threads} threads: velocity {velocity:.1e} (below "
                f"{BY_THREADS})  loss {loss:.1e} (below {EXACTLY})  NLL along it {along:.1e} (below {ALONG_A_FLOW:g})",
                flush=True,
            )
    return good


if not COMPARING:
    write_reference(sys.argv[2])
else:
    same = compare(sys.argv[2])
    tests = [str(ROOT / "tests/core/network" / name) for name in ("test_compiled.py", "test_threaded.py")]
    # One test starts a process of its own that needs the reference.
    failed = pytest.main(["-q", "--noconftest", "-p", "no:cacheprovider", "-k", "not without_wide_vectors", *tests])
    print("The engine agrees." if same and not failed else "THE ENGINE DOES NOT AGREE.")
    sys.exit(not same or failed)
