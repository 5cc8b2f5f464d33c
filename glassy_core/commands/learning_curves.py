"""The commands `fit`, `probe` and `network`: a run's learning curve, its noise, and what the network is made of."""

from __future__ import annotations

import argparse
import json
import math

from glassy_core.commands.options import Commands, print_values, progress_bar, readable_run
from glassy_core.runs.run import RunError
from glassy_core.runs.store import open_store
from glassy_core.settings import ConfigError, RunConfig

_TAUS = (1, 3, 10, 30, 100)


def add(commands: Commands) -> None:
    """The commands and their options."""
    words = "Fit NLL_inf + A tau^-a to a run's learning curve (Figs. 2-4)."
    fit = commands.add("fit", _fit, words, run=True, as_json=True)
    fit.add_argument("--window", type=float, nargs=2, metavar=("LOW", "HIGH"), help="in tau (default: its own choice)")
    fit.add_argument("--pure", action="store_true", help="the fit without NLL_inf, A tau^-a, beside it")
    fit.add_argument("--rivals", action="store_true", help="how other laws describe it, and foretell its last third")
    words = "Measure the NLL of consecutive steps at several minibatch sizes."
    probe = commands.add("probe", _probe, words, run=True)
    probe.add_argument("--step", type=int, metavar="N", help="the checkpoint to start from (default: the last one)")
    probe.add_argument("--sizes", default="75,300", metavar="N,N|all", help="minibatch sizes (default: 75,300)")
    probe.add_argument("--eta", type=float, help="learning rate (default: the checkpoint's; a flow has none)")
    probe.add_argument("--steps", type=int, default=1000, metavar="N", help="consecutive steps (default: 1000)")
    words = "Compare a network's learning at other rates, minibatches and gradients at the same tau."
    clock = commands.add("clock", _clock, words, as_json=True)
    clock.add_argument("runs", nargs="*", metavar="RUN", help="these runs (default: the network learned in most ways)")
    words = "Count the weights and the free parameters of a network."
    network = commands.add("network", _network, words, as_json=True)
    network.add_argument("--depth", type=int, default=2, metavar="D", help="layers (default: 2)")
    network.add_argument("--width", type=int, default=30, metavar="W", help="hidden units a layer (default: 30)")


def _fit(options: argparse.Namespace) -> None:
    from glassy_core.physics.learning_curves.power_law import fit_power_law
    from glassy_core.physics.learning_curves.windows import check_window
    from glassy_core.runs.groups import Member
    from glassy_core.runs.measured import conditions_of, curve_to_fit, floor_of_data, series_of

    run = readable_run(options)
    try:
        window = check_window(options.window) if options.window else None
    except ValueError as error:
        raise ConfigError(str(error)) from error
    member = Member.of(run)
    conditions = conditions_of(member.config, floor_of_data(member.config, member.digest))
    fit = fit_power_law(*curve_to_fit(series_of(run)), window, conditions)
    pure = {"pure": fit.pure and fit.pure.to_json()} if options.pure else {}
    rivals = {"rivals": fit.comparison and fit.comparison.to_json()} if options.rivals else {}
    print_values(options, fit.to_json() | pure | rivals)


def _clock(options: argparse.Namespace) -> None:
    from glassy_core.runs.groups import Member, readable
    from glassy_core.runs.variants import beside_reference, variants, way

    store = open_store(options.runs_dir)
    groups = variants([Member.of(store.get(name)) for name in options.runs] or readable(store.runs()))
    if not groups:
        raise RunError("No network has learned in two ways: train one again with another --eta, or as a flow.")
    reference, found = groups[0][0], beside_reference(groups[0])
    ratios = {
        words: {f"{tau:g}": at for tau in _TAUS if not math.isnan(at := one.at(tau))} for words, one in found.items()
    }
    if options.json:
        print(json.dumps({"reference": way(reference.config), "run": reference.run.id, "ratios": ratios}))
        return
    print(f"NLL over that of the {way(reference.config)} ({reference.run.id}) at the same tau")
    print(f"{'tau':32}" + "".join(f"{tau:8g}" for tau in _TAUS))
    for words, row in ratios.items():
        print(f"{words:32}" + "".join(f"{row[f'{tau:g}']:8.3f}" if f"{tau:g}" in row else " " * 8 for tau in _TAUS))


def _probe(options: argparse.Namespace) -> None:
    from glassy_core.runs import probes
    from glassy_core.runs.groups import Member
    from glassy_core.runs.temperatures import lift_of
    from glassy_core.training.probe import Level, parse_sizes

    run, sizes = readable_run(options), parse_sizes(options.sizes)
    with progress_bar("probe") as show:
        path = probes.measure(run, options.step, sizes, options.steps, show, options.eta)
    found = probes.load(path)
    for trace in found.traces:
        level = Level.of(trace.nll)
        print(f"{trace.label}: mean NLL {level.mean:.5g}, spread {level.spread:.3g} bits")
    if lift := lift_of(Member.of(run), found):
        print(lift.words())
    print(path)


def _network(options: argparse.Namespace) -> None:
    from glassy_core.figures.network import WORDS, counts
    from glassy_core.network.equations import parameter_count

    config = RunConfig(depth=options.depth, width=options.width)  # which checks both
    sizes = counts(config.depth, config.width)
    free = round(parameter_count(config.depth, config.width))
    if options.json:
        print(json.dumps({"weights": sizes, "free_parameters": free}))
        return
    for kind, size in sizes.items():
        print(f"{size:9d}  {WORDS.get(kind, f'{kind}: biases of the output')}")
    print(f"{free:9d}  free parameters, each orthogonal M counted as w(w - 1)/2")
