"""The command `paper`: the paper's statements, figure by figure, beside what the store's runs say of them."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from glassy_core.commands.options import Commands
from glassy_core.runs.store import open_store

if TYPE_CHECKING:
    from glassy_core.paper.figures import PaperFigure
    from glassy_core.paper.findings import Finding

_HEAD = """# The paper, reproduced

Each number and statement of Hertz & Tyrcha (2024) beside what the runs that come with glassy say, as
`python -m glassy_core paper --markdown` writes it. Intervals are of 95 %; the verdicts' rules are on the Paper page.
*flow*: the run follows learning in continuous proper time, without the noise of minibatches ([method.md](method.md));
*steps*: by the paper's rule.
"""
_WORLDS = {"paper": "the paper's own task", "class": "the class world"}


def add(commands: Commands) -> None:
    """The command and its options."""
    words = "Put the paper's statements, figure by figure, beside what the runs here say."
    parser = commands.add("paper", _paper, words, as_json=True)
    parser.add_argument("--markdown", action="store_true", help="as docs/reproduction.md has it")
    parser.add_argument("--figure", type=int, metavar="N", help="one figure alone, by its number")


def _paper(options: argparse.Namespace) -> None:
    from glassy_core.paper.evidence import Evidence
    from glassy_core.paper.figures import FIGURES, figure, findings
    from glassy_core.runs.groups import readable

    rows = None if options.figure is None else [figure(options.figure)]
    statements = findings(Evidence.of(readable(open_store(options.runs_dir).runs())), rows)
    if options.json:
        print(json.dumps({"findings": [finding.to_json() for finding in statements]}, allow_nan=False))
        return
    if options.markdown:
        print(_markdown(statements, rows or list(FIGURES)), end="")
        return
    for finding in statements:
        print(f"Fig. {finding.figure}  {finding.verdict:8} {finding.what} ({finding.world})")
        print(f"        paper: {finding.paper}; here: {finding.ours}. {finding.words}".rstrip())
    for line in () if rows else _counts(statements):
        print(line)


def _counts(statements: Sequence[Finding]) -> list[str]:
    """A line a world: how many statements agree, differ, are open."""
    lines = []
    for world, words in _WORLDS.items():
        counts = Counter(finding.verdict for finding in statements if finding.world == world)
        lines.append(f"On {words}: {counts['agrees']} agree, {counts['differs']} differ, {counts['open']} are open.")
    return lines


def _markdown(statements: Sequence[Finding], figures: Sequence[PaperFigure]) -> str:
    """A document: the counts, and for each figure a table with the reasons below it."""
    lines = [_HEAD, *_counts(statements)]
    for figure in figures:
        own = [finding for finding in statements if finding.figure == figure.number]
        lines += ["", f"## Figure {figure.number}: {figure.title}", ""]
        lines += ["| statement | the paper | here | by | |", "|---|---|---|---|---|"]
        for k, finding in enumerate(own, 1):
            by = ", ".join(sorted({source.dynamics for source in finding.sources}))
            world = " (class world)" if finding.world == "class" else ""
            lines.append(
                f"| {k}. {finding.what}{world} | {finding.paper} | {finding.ours} | {by} | {finding.verdict} |"
            )
        lines += ["", *(f"{k}. {finding.words}" for k, finding in enumerate(own, 1) if finding.words)]
    return "\n".join(lines) + "\n"
