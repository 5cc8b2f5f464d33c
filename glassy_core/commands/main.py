"""The commands of `python -m glassy_core`: thin, each a few lines on top of the core."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

# Before numpy is loaded: small matrices gain nothing from threads, and runs share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from glassy_core.files import sentence
from glassy_core.runs import store as run_store
from glassy_core.runs.store import Run, RunError, RunStore, State
from glassy_core.settings import OWN, PRESETS, ConfigError, RunConfig, preset
from glassy_core.sweep_presets import SWEEPS, sweep_like


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0, or 2 with one clear line on stderr for bad input."""
    options = _parser().parse_args(arguments)
    try:
        if (place := getattr(options, "runs_dir", None)) and place.exists() and not place.is_dir():
            raise RunError(f"{place} is a file, not a run store: give --runs-dir or GLASSY_RUNS_DIR a directory.")
        options.command(options)
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except _expected_errors() as error:
        what = sentence(error) if isinstance(error, OSError) else error
        print(f"glassy: {what}", file=sys.stderr)
        return 2
    return 0


def _expected_errors() -> tuple[type[Exception], ...]:
    from glassy_core.editions.editions import ChoraleError
    from glassy_core.jobs.speed import EstimateError
    from glassy_core.passphrase import PassphraseError
    from glassy_core.runs.checkpoints import CheckpointError
    from glassy_core.training.trainer import TrainingError

    ours = ConfigError, RunError, ChoraleError, CheckpointError, EstimateError, TrainingError, PassphraseError
    return *ours, OSError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"glassy: {message}. See {self.prog} --help.", file=sys.stderr)
        raise SystemExit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m glassy_core", description="Train and measure deep recurrent networks on chorales.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: Any, words: str, needs_run: bool = False) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=words, description=words)
        sub.set_defaults(command=function)
        sub.add_argument("--runs-dir", type=Path, default=run_store.directory(), help="the run store (default: runs/)")
        if needs_run:
            sub.add_argument("run", metavar="RUN", help="the run's id, or the beginning of it")
        return sub

    data = command("data", _data, "Say what an edition of the chorales holds, or make one of your own data.")
    data.add_argument("--edition", metavar="NAME", default="corpus", help="corpus, paper, or own:NAME")
    data.add_argument(
        "--chorales", type=int, metavar="N", help="the first N training chorales (default: 80, of your own data all)"
    )
    data.add_argument(
        "--import",
        dest="path",
        type=Path,
        metavar="PATH",
        help="a folder of MIDI files, a zip of them, a MIDI file, or JSON: a list of chorales, or train, valid, test",
    )
    data.add_argument("--name", help="what to call the edition: it is own:NAME then")
    data.add_argument("--grid", choices=["quarter", "eighth", "sixteenth"], default="quarter", help="notes a chord")
    train = command("train", _train, "Train one network, in the foreground.")
    train.add_argument("--preset", metavar="NAME", help=f"start from one of: {', '.join(PRESETS)}")
    _add_settings(train)
    sweep = command("sweep", _sweep, "Queue a run for every depth, width and seed that the store does not have yet.")
    for name, words in (("depths", "numbers of layers"), ("widths", "hidden units a layer"), ("seeds", "seeds")):
        sweep.add_argument(f"--{name}", type=_numbers, metavar="N,N", help=words)
    sweep.add_argument("--like", metavar="NAME", help=f"start from a whole sweep: {', '.join(SWEEPS)}")
    sweep.add_argument(
        "--device",
        default="cpu",
        choices=["cpu", "cuda"],
        help="'cuda': train each depth here as one batch on the accelerator",
    )
    sweep.add_argument("--preset", metavar="NAME", help="start from a preset's settings")
    _add_settings(sweep, without=("name", "depth", "width", "seed"))
    resume = command("resume", _resume, "Go on with a run from its last checkpoint.", needs_run=True)
    resume.add_argument("--steps", type=int, help="a new last step")
    resume.add_argument("--eta", type=float, help="a new learning rate")
    command("stop", _stop, "Ask a run to stop after a checkpoint.", needs_run=True)
    generate = command("generate", _generate, "Let a run's network compose: MIDI, WAV, MusicXML, JSON.", needs_run=True)
    generate.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    generate.add_argument("--step", type=int, metavar="N", help="the checkpoint that sings (default: the last one)")
    generate.add_argument("--prime", type=int, default=4, metavar="K", help="chords given to begin with (default: 4)")
    generate.add_argument("--chorale", type=int, default=0, metavar="N", help="training chorale the prime is from")
    generate.add_argument("--length", type=int, default=64, metavar="N", help="chords in all, with the prime's")
    generate.add_argument(
        "--decode", choices=["threshold", "sample"], default="threshold", help="how chords are chosen"
    )
    generate.add_argument("--temperature", type=float, default=1.0, help="of the sampling")
    generate.add_argument("--seed", type=int, default=0, help="of the sampling")
    fit = command("fit", _fit, "Fit NLL_inf + A tau^-a to a run's learning curve (Figs. 2-4).", needs_run=True)
    fit.add_argument("--window", type=float, nargs=2, metavar=("LOW", "HIGH"), help="in tau (default: its own choice)")
    probe = command("probe", _probe, "Measure the NLL of consecutive steps at several minibatch sizes.", needs_run=True)
    probe.add_argument("--step", type=int, metavar="N", help="the checkpoint to start from (default: the last one)")
    probe.add_argument("--sizes", default="75,300", metavar="N,N|all", help="minibatch sizes (default: 75,300)")
    probe.add_argument("--steps", type=int, default=1000, metavar="N", help="consecutive steps (default: 1000)")
    critical = command(
        "critical", _critical, "Find the critical width w_c of each depth from the runs' learning times."
    )
    critical.add_argument("runs", nargs="*", metavar="RUN", help="these runs (default: the largest group of one kind)")
    aging = command("aging", _aging, "Measure aging: Delta's exponents and its collapse.", needs_run=True)
    aging.add_argument("--seeds", action="store_true", help="average over the runs that differ in the seed only")
    aging.add_argument("--frozen", action="store_true", help="divide by Gamma at the waiting time throughout")
    aging.add_argument("--kind", choices=["J", "M", "K", "W", "h0"], help="the weights of one kind alone")
    aging.add_argument("--tau-w", type=float, metavar="TAU", help="this waiting time alone, in proper time")
    aging.add_argument(
        "--origin", type=float, default=0.0, metavar="X", help="tau/tau_w at which the power law begins (default: 0)"
    )
    paper = command("paper", _paper, "Put the paper's statements, figure by figure, beside what the runs here say.")
    paper.add_argument("--figure", type=int, choices=range(1, 10), metavar="N", help="one figure alone, 1 to 9")
    network = command("network", _network, "Count the weights and the free parameters of a network.")
    network.add_argument("--depth", type=int, default=2, metavar="D", help="layers (default: 2)")
    network.add_argument("--width", type=int, default=30, metavar="W", help="hidden units a layer (default: 30)")
    gallery = command("gallery", _gallery, "Make, prolong or copy the finished runs that come with glassy.")
    gallery.add_argument("what", choices=["plan", "make", "export"], help="say how far it is; train; copy into runs/")
    gallery.add_argument("--part", default="all", help="sweep, aging, paper or all (default)")
    gallery.add_argument(
        "--work", type=Path, metavar="DIR", help="where they are made (default: .gallery in the store)"
    )
    runs = command("runs", _runs, "List the runs.")
    queue = command("queue", _queue, "Show the queue and the workers; change the order or the limit.")
    queue.add_argument("--limit", type=int, metavar="N", help="runs at work at once, 0: as many as the workers take")
    queue.add_argument("--first", nargs="+", default=[], metavar="RUN", help="put these queued runs before all others")
    queue.add_argument("--last", nargs="+", default=[], metavar="RUN", help="put these queued runs behind all others")
    bench = command("bench", _bench, "Measure the engine against nn.RNN with autograd, one thread each.")
    bench.add_argument("--quick", action="store_true", help="the five shapes only, briefly")
    for sub in (data, fit, critical, aging, paper, network, runs, queue, bench):
        sub.add_argument("--json", action="store_true", help="one JSON object on stdout, and nothing else there")
    group = command("class", _class, "Show the app to a class: on the network, the presenter's passphrase needed.")
    group.add_argument("--port", type=int, default=8501, help="where the server listens (default: 8501)")
    command("warm", _warm, "Compile the engine's kernels now rather than at the first run.")
    speed = command("speed", _speed, "Measure the steps per second of a run's settings here.")
    speed.add_argument("--settings", required=True, metavar="JSON", help="the settings as in config.json")
    command("dispatch", _dispatch, "Serve the queue of runs with worker processes.")
    return parser


def _add_settings(parser: argparse.ArgumentParser, without: Sequence[str] = ()) -> None:
    """One option a setting of RunConfig, with its meaning and unit."""
    hints = get_type_hints(RunConfig)
    for field in (field for field in dataclasses.fields(RunConfig) if field.name not in without):
        flag, hint = f"--{field.name.replace('_', '-')}", hints[field.name]
        unit = f" [{field.metadata['unit']}]" if field.metadata["unit"] else ""
        words = f"{field.metadata['meaning']}{unit} (default: {field.default or 'none'})".replace("%", "%%")
        if hint is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=words)
        elif field.name == "batch_size":
            parser.add_argument(flag, type=_batch_size, metavar="N|all", help=words)
        elif field.name == "waiting_times":
            parser.add_argument(flag, type=_numbers, metavar="N,N,...", help=words)
        elif get_origin(hint) is None:
            parser.add_argument(flag, type=hint, metavar="NAME" if hint is str else hint.__name__.upper(), help=words)
        else:
            parser.add_argument(flag, choices=get_args(hint), help=words)


def _batch_size(text: str) -> int | str:
    if text == "all":
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number nor 'all'") from None


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers such as 10,20") from None


def config_from(options: argparse.Namespace, base: RunConfig | None = None) -> RunConfig:
    """The settings that the options name, on top of base, of the preset's, or of the defaults."""
    base = preset(options.preset).config if options.preset else base or RunConfig()
    given = {field.name: getattr(options, field.name, None) for field in dataclasses.fields(RunConfig)}
    return dataclasses.replace(base, **{name: value for name, value in given.items() if value is not None})


def _print(options: argparse.Namespace, values: dict[str, Any]) -> None:
    """One JSON object, or lines of name and value."""
    if options.json:
        print(json.dumps(values, allow_nan=False))
        return
    for name, value in values.items():
        print(f"{name:12} {value}")


def _data(options: argparse.Namespace) -> None:
    from glassy_core.editions.editions import load_edition, summary

    if options.path:
        _import(options)
        return
    edition = load_edition(options.edition)
    n = len(edition.splits["train"]) if edition.name.startswith(OWN) else 80
    _print(options, summary(edition, n if options.chorales is None else options.chorales))


def _import(options: argparse.Namespace) -> None:
    from glassy_core.editions.own_data import facts, import_own
    from glassy_core.editions.own_files import read_path

    if not options.name:
        raise ConfigError("The data need a name: add --name, such as --name folk-songs.")
    edition, report = import_own(read_path(options.path), options.name, options.grid)
    values = facts(edition, report)
    if not options.json:
        del values["report"]
        print("\n".join([*report.sentences(), *report.refusals()]))
    _print(options, values)


def _train(options: argparse.Namespace) -> None:
    from glassy_core.editions.editions import load_edition
    from glassy_core.jobs.execution import check_against

    config = config_from(options)
    edition = load_edition(config.edition)
    check_against(config, edition)
    _in_foreground(RunStore(options.runs_dir).create(config, edition.digest, status="paused"))


def _sweep(options: argparse.Namespace) -> None:
    from glassy_core.editions.editions import load_edition
    from glassy_core.jobs import dispatcher, sweeps
    from glassy_core.jobs.execution import check_against, execute

    if options.device == "cuda":
        _check_cuda()
    if options.like and options.preset:
        raise ConfigError("--like and --preset both name settings to start from: give one of them.")
    like = sweep_like(options.like) if options.like else None
    depths, widths = options.depths or (like and like.depths), options.widths or (like and like.widths)
    if not depths or not widths:
        raise ConfigError("A sweep needs --depths and --widths, or --like with the name of a whole sweep.")
    base, store = config_from(options, like.base if like else None), RunStore(options.runs_dir)
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


def _check_cuda() -> None:
    import torch

    if not torch.cuda.is_available():
        raise ConfigError("There is no CUDA device here: leave --device out to train on the processor.")


def _resume(options: argparse.Namespace) -> None:
    from glassy_core.jobs.dispatcher import prepare_to_resume

    run = RunStore(options.runs_dir).get(options.run)
    prepare_to_resume(run, options.steps, options.eta)
    _in_foreground(run)


def _in_foreground(run: Run) -> None:
    """Train with a progress bar; Ctrl-C stops after a checkpoint. The last line is the run's directory."""
    from tqdm import tqdm

    from glassy_core.jobs.execution import execute

    signal.signal(signal.SIGINT, lambda *_: run.request("stop"))
    signal.signal(signal.SIGTERM, lambda *_: run.request("stop"))
    about, state = run.about(), run.state()
    # A run that cannot start clears its bar: the sentence that says why stands alone.
    with tqdm(
        total=state.steps, initial=state.step, unit="step", desc=about["name"], dynamic_ncols=True, leave=False
    ) as bar:

        def show(state: State) -> None:
            bar.leave = True
            bar.n = state.step
            bar.set_postfix_str(f"NLL {state.nll:.4g}, tau {state.tau:.4g}" if state.nll is not None else "")

        state = execute(run, show)[0]
    if state.status != "finished":
        how = f"go on with: python -m glassy_core resume {run.id}"
        print(f"{state.status} at step {state.step}; {how}", file=sys.stderr)
    print(run.path)


def _stop(options: argparse.Namespace) -> None:
    from glassy_core.jobs.dispatcher import stop

    stop(RunStore(options.runs_dir).get(options.run))


def _generate(options: argparse.Namespace) -> None:
    from glassy_core.editions.editions import load_edition
    from glassy_core.music.decoding import Decoding
    from glassy_core.music.piece import compose, other_file, write_piece
    from glassy_core.runs import checkpoints

    run = RunStore(options.runs_dir).get(options.run)
    config, steps = run.config(), checkpoints.steps_in(run.checkpoints)
    if not steps:
        raise RunError(f"Run {run.id} has no checkpoint yet: let it train for a moment.")
    step = steps[-1] if options.step is None else options.step
    if step not in steps:
        raise RunError(f"Run {run.id} has no checkpoint of step {step}: choose one of {', '.join(map(str, steps))}.")
    snapshot = checkpoints.read(checkpoints.path_of(run.checkpoints, step), config.depth, config.width)
    edition = load_edition(config.edition)
    if notice := other_file(edition, run.origin()["edition_digest"]):
        print(f"glassy: {notice}", file=sys.stderr)
    piece = compose(
        snapshot,
        config,
        edition,
        chorale=options.chorale,
        prime=options.prime,
        length=options.length,
        decoding=Decoding(options.decode, options.temperature, seed=options.seed),
        run=run.id,
    )
    for path in write_piece(piece, options.out).values():
        print(path)


def _readable_run(options: argparse.Namespace) -> Run:
    """The run that is named; RunError for a directory without settings, which would else just seem to lack data."""
    run = RunStore(options.runs_dir).get(options.run)
    run.config()
    return run


def _fit(options: argparse.Namespace) -> None:
    from glassy_core.physics.learning_curves.power_law import check_window, fit_power_law
    from glassy_core.runs.records import read_series

    run = _readable_run(options)
    try:
        window = check_window(options.window) if options.window else None
    except ValueError as error:
        raise ConfigError(str(error)) from error
    series = read_series(run.metrics_path, run.timing_path)
    _print(options, fit_power_law(series.tau, series.nll, window).to_json())


def _probe(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from glassy_core.runs import probes
    from glassy_core.training.probe import Level, parse_sizes

    run, sizes = _readable_run(options), parse_sizes(options.sizes)
    with tqdm(unit="step", desc="probe", dynamic_ncols=True, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.leave = True
            bar.total = total
            bar.update(done - bar.n)

        path = probes.measure(run, options.step, sizes, options.steps, show)
    for trace in probes.load(path).traces:
        level = Level.of(trace.nll)
        print(f"{trace.label}: mean NLL {level.mean:.5g}, spread {level.spread:.3g} bits")
    print(path)


def _runs(options: argparse.Namespace) -> None:
    rows = [_row(run) for run in RunStore(options.runs_dir).runs()]
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


def _gallery(options: argparse.Namespace) -> None:
    from glassy_core.commands.gallery import gallery_command

    gallery_command(options)


def _critical(options: argparse.Namespace) -> None:
    from glassy_core.commands.physics import critical_command

    critical_command(options)


def _aging(options: argparse.Namespace) -> None:
    from glassy_core.commands.physics import aging_command

    aging_command(options)


def _paper(options: argparse.Namespace) -> None:
    from glassy_core.commands.physics import paper_command

    paper_command(options)


def _queue(options: argparse.Namespace) -> None:
    from glassy_core.commands.queue import queue_command

    queue_command(options)


def _bench(options: argparse.Namespace) -> None:
    from glassy_core.editions.editions import load_or_fallback
    from glassy_core.jobs import benchmark

    edition, notice = load_or_fallback("paper")
    if notice:
        print(f"glassy: {notice}", file=sys.stderr)
    result = benchmark.run(edition.first(80), quick=options.quick)
    print(json.dumps(result.to_json(), allow_nan=False) if options.json else result.table())


def _class(options: argparse.Namespace) -> None:
    from glassy_core import classroom

    os.environ["GLASSY_RUNS_DIR"] = str(options.runs_dir.resolve())
    classroom.serve(options.port)


def _warm(options: argparse.Namespace) -> None:
    from glassy_core.music import audio
    from glassy_core.network.compiled import learner

    learner.warm()
    audio.warm()


def _speed(options: argparse.Namespace) -> None:
    from glassy_core.jobs.speed import measure

    try:
        settings = json.loads(options.settings)
    except ValueError as error:
        raise ConfigError(f"The settings are not JSON: {error}.") from error
    print(measure(RunConfig.from_json(settings)))


def _dispatch(options: argparse.Namespace) -> None:
    from glassy_core.jobs.dispatcher import dispatch

    dispatch(RunStore(options.runs_dir))
