"""The command `gallery`: how far the runs that come with glassy are, making them, copying them into the gallery."""

from __future__ import annotations

import argparse
from pathlib import Path

from glassy_core.commands.options import Commands
from glassy_core.runs.store import RunStore, gallery_directory


def add(commands: Commands) -> None:
    """The command and its options."""
    parser = commands.add("gallery", _gallery, "Make, prolong or copy the finished runs that come with glassy.")
    parser.add_argument(
        "what", choices=["plan", "make", "export"], help="say how far (flows: in tau); train; copy into the gallery"
    )
    parser.add_argument(
        "--part", default="all", help="one of its parts, such as sweep, flows or edge, or all (default)"
    )
    parser.add_argument("--work", type=Path, metavar="DIR", help="where they are made (default: .gallery in the store)")


def _gallery(options: argparse.Namespace) -> None:
    from glassy_core.jobs import gallery

    work = RunStore(options.work or options.runs_dir / ".gallery")
    if options.what == "plan":
        _plan(work, options.part)
    elif options.what == "make":
        _make(work, options.part)
    else:
        for run in gallery.export(work, gallery_directory(), options.part):
            print(run.path)


def _plan(work: RunStore, part: str) -> None:
    from glassy_core.jobs import gallery

    print(f"{'run':26} {'by':5} {'done':>10} {'of':>10} {'hours so far':>12} {'hours to go':>12}")
    sums: dict[str, list[float]] = {}
    for standing in gallery.standings(work, part):
        config = standing.exhibit.config
        name = f"{config.edition} d={config.depth} w={config.width} s={config.seed}"
        hours, left = standing.seconds / 3600, standing.left
        to_go = "not known" if left is None else f"{left / 3600:.2f}"
        print(f"{name:26} {config.dynamics:5} {standing.done:10.6g} {standing.of:10.6g} {hours:12.2f} {to_go:>12}")
        so_far = sums.setdefault(config.dynamics, [0.0, 0.0])
        so_far[0] += hours
        so_far[1] += (left or 0.0) / 3600
    for dynamics, (hours, to_go_in_all) in sums.items():
        print(f"{f'{dynamics}, on one core each':54} {hours:12.2f} {to_go_in_all:12.2f}")


def _make(work: RunStore, part: str) -> None:
    from tqdm import tqdm

    from glassy_core.jobs import gallery

    with tqdm(unit="%", desc="gallery", dynamic_ncols=True) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        gallery.make(work, part, show)
