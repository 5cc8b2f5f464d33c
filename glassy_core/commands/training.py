"""The commands that make runs and look after them: `train`, `sweep`, `resume`, `stop`, `runs`, `dispatch`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from dataclasses import replace
from typing import Any

from glassy_core import processes
from glassy_core.commands.options import Commands, add_settings, config_from, numbers
from glassy_core.presets import PRESETS, SWEEPS, sweep_like
from glassy_core.runs.run import Run, RunError
from glassy_core.runs.starting import start_from
from glassy_core.runs.state import State
from glassy_core.runs.store import RunStore, open_store
from glassy_core.settings import ConfigError, RunConfig


def add(commands: Commands) -> None:
    """The commands and their options."""
    train = commands.add("train", _train, "Train one network, in the foreground.")
    train.add_argument("--preset", metavar="NAME", help=f"start from one of: {', '.join(PRESETS)}")
    train.add_argument("--from", dest="source", metavar="RUN", help="start from this run's checkpoint, as a new run")
    train.add_argument("--from-step", type=int, metavar="N", help="the checkpoint's step (default: the last one)")
    add_settings(train)
    words = "Queue a run for every depth, width and seed that the store does not have yet."
    sweep = commands.add("sweep", _sweep, words)
    for name, words in (("depths", "numbers of layers"), ("widths", "hidden units a layer"), ("seeds", "seeds")):
        sweep.add_argument(f"--{name}", type=numbers, metavar="N,N", help=words)
    sweep.add_argument("--like", metavar="NAME", help=f"start from a whole sweep: {', '.join(SWEEPS)}")
    sweep.add_argument(
        "--device",
        default="cpu",
        choices=["cpu", "cuda"],
        help="'cuda': train each depth here as one batch on the accelerator",
    )
    sweep.add_argument("--preset", metavar="NAME", help="start from a preset's settings")
    add_settings(sweep, without=("name", "depth", "width", "seed"))
    resume = commands.add("resume", _resume, "Go on with a run from its last checkpoint.", run=True)
    resume.add_argument("--steps", type=int, help="a new last step")
    resume.add_argument("--until", type=float, metavar="TAU", help="a new proper time at which it ends")
    resume.add_argument("--stop-nll", type=float, metavar="BITS", help="a new NLL at which it ends")
    resume.add_argument("--eta", type=float, help="a new learning rate")
    commands.add("stop", _stop, "Ask a run to stop after a checkpoint.", run=True)
    commands.add("runs", _runs, "List the runs.", as_json=True)
    commands.add("dispatch", _dispatch, "Serve the queue of runs with worker processes.")


def _train(options: argparse.Namespace) -> None:
    from glassy_core.editions.loading import load_edition
    from glassy_core.jobs.execution import check_against

    store = open_store(options.runs_dir)
    if options.source is None and options.from_step is not None:
        raise ConfigError("--from-step names a checkpoint of the run that --from names: give that, too.")
    if options.source is not None and options.preset:
        raise ConfigError("--from and --preset both name settings to start from: give one of them.")
    source = store.get(options.source) if options.source is not None else None
    base = replace(source.config(), name="", waiting_times=()) if source else None
    config = config_from(options, base)
    edition = load_edition(config.edition)
    check_against(config, edition)
    start = start_from(source, config, options.from_step) if source else None
    if source and source.origin()["edition_digest"] != edition.digest:
        raise RunError(f"Run {source.id} was trained on another version of the {config.edition} edition.")
    _in_foreground(store.create(config, edition.digest, "paused", start))


def _sweep(options: argparse.Namespace) -> None:
    from glassy_core.editions.loading import load_edition
    from glassy_core.jobs import dispatcher, sweeps
    from glassy_core.jobs.execution import check_against, execute

    if options.like and options.preset:
        raise ConfigError("--like and --preset both name settings to start from: give one of them.")
    like = sweep_like(options.like) if options.like else None
    depths, widths = options.depths or (like and like.depths), options.widths or (like and like.widths)
    if not depths or not widths:
        raise ConfigError("A sweep needs --depths and --widths, or --like with the name of a whole sweep.")
    base, store = config_from(options, like.base if like else None), open_store(options.runs_dir)
    if options.device == "cuda":
        _check_cuda(base)
    edition = load_edition(base.edition)
    check_against(base, edition)
    configs = sweeps.expand(base, depths, widths, options.seeds or (like.seeds if like else [0]))
    plan = sweeps.plan(store, configs, edition.digest)
    here = options.device != "cpu"
    runs = [store.create(config, edition.digest, "paused" if here else "queued") for config in plan.missing]
    there = f"{len(plan.settled)} were there already"
    if not here:
        for run in plan.unfinished:
            dispatcher.resume(store, run)
        print(f"{len(runs)} new runs, {len(plan.unfinished)} go on, {there}", file=sys.stderr)
        dispatcher.ensure_dispatcher(store)
    else:
        print(
            f"{len(runs)} new runs, {len(plan.unfinished)} unfinished ones left as they are, {there}", file=sys.stderr
        )
        for depth in sorted({config.depth for config in plan.missing}):
            execute([run for run in runs if run.config().depth == depth], device=options.device)
    for run in runs:
        print(run.path)


def _check_cuda(config: RunConfig) -> None:
    import torch

    if config.dynamics == "flow":
        raise ConfigError("Flows are followed on the processor: leave --device out.")
    if not torch.cuda.is_available():
        raise ConfigError("There is no CUDA device here: leave --device out to train on the processor.")


def _resume(options: argparse.Namespace) -> None:
    from glassy_core.jobs.dispatcher import prepare_to_resume

    run = open_store(options.runs_dir).get(options.run)
    prepare_to_resume(run, options.steps, options.eta, options.until, options.stop_nll)
    _in_foreground(run)


def _in_foreground(run: Run) -> None:
    """Train with a progress bar; Ctrl-C stops after a checkpoint. The last line is the run's directory."""
    from tqdm import tqdm

    from glassy_core.jobs.execution import execute

    processes.when_asked_to_end(lambda: run.request("stop"))
    about, state = run.about(), run.state()
    # A run that cannot start clears its bar: the sentence that says why stands alone.
    # A flow's bar is of the way in log tau: steps say nothing of how far it is.
    steps = {"total": state.steps, "initial": state.step, "unit": "step"}
    way = {"total": 100, "initial": int(100 * state.progress), "unit": "%"}
    with tqdm(**(way if state.is_flow else steps), desc=about["name"], dynamic_ncols=True, leave=False) as bar:

        def show(state: State) -> None:
            bar.leave = True
            bar.n = int(100 * state.progress) if state.is_flow else state.step
            bar.set_postfix_str(f"NLL {state.nll:.4g}, tau {state.tau:.4g}" if state.nll is not None else "")

        state = execute(run, show)[0]
    if state.status != "finished":
        how = f"go on with: python -m glassy_core resume {run.id}"
        print(f"{state.status} at step {state.step}; {how}", file=sys.stderr)
    print(run.path)


def _stop(options: argparse.Namespace) -> None:
    from glassy_core.jobs.dispatcher import stop

    stop(open_store(options.runs_dir).get(options.run))


def _runs(options: argparse.Namespace) -> None:
    rows = [_row(run) for run in open_store(options.runs_dir).runs()]
    if options.json:
        print(json.dumps({"runs": rows}, allow_nan=False))
        return
    print(f"{'id':36} {'status':12} {'step':>10} {'tau':>9} {'NLL':>9}  name")
    for row in rows:
        nll = f"{row['nll']:9.4g}" if row["nll"] is not None else " " * 9
        print(f"{row['id']:36} {row['status']:12} {row['step']:10d} {row['tau']:9.4g} {nll}  {row['name']}")
        if row["error"]:
            print(f"    {row['error']}")


def _row(run: Run) -> dict[str, Any]:
    state = run.state()
    row: dict[str, Any] = {"id": run.id, "name": run.id, **dataclasses.asdict(state)}
    try:
        return row | {"name": run.about()["name"], "settings": run.config().to_json()}
    except RunError as error:
        return row | {"status": "failed", "error": str(error)}


def _dispatch(options: argparse.Namespace) -> None:
    from glassy_core.jobs.dispatcher import dispatch

    dispatch(RunStore(options.runs_dir))
