"""The command `gallery`: how far the runs that come with glassy are, making them, copying them into the gallery."""

from __future__ import annotations

import argparse
from pathlib import Path

from glassy_core.commands.options import Commands
from glassy_core.runs.store import RunStore, gallery_directory


def add(commands: Commands) -> None:
    """The command and its options."""
    parser = commands.add("gallery", _gallery, "Make, prolong or copy the finished runs that come with glassy.")
    parser.add_argument("what", choices=["plan", "make", "export"], help="say how far; train; copy into the gallery")
    parser.add_argument("--part", default="all", help="sweep, aging, paper, flows or all (default)")
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

    print(f"{'run':26} {'step':>10} {'of':>10} {'hours so far':>12} {'hours to go':>12}")
    so_far = to_go = 0.0
    for standing in gallery.standings(work, part):
        config, last = standing.exhibit.config, standing.exhibit.config.steps
        name = f"{config.edition} d={config.depth} w={config.width} s={config.seed}"
        hours, left = standing.seconds / 3600, standing.left / 3600
        print(f"{name:26} {standing.step:10d} {last:10d} {hours:12.2f} {left:12.2f}")
        so_far, to_go = so_far + hours, to_go + left
    print(f"{'on one core each':48} {so_far:12.2f} {to_go:12.2f}")


def _make(work: RunStore, part: str) -> None:
    from tqdm import tqdm

    from glassy_core.jobs import gallery

    with tqdm(unit="step", desc="gallery", dynamic_ncols=True) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        gallery.make(work, part, show)
