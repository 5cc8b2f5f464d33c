"""The command `paper`: the paper's statements, figure by figure, beside what the store's runs say of them."""

from __future__ import annotations

import argparse
import json
from collections import Counter

from glassy_core.commands.options import Commands
from glassy_core.runs.store import open_store


def add(commands: Commands) -> None:
    """The command and its options."""
    words = "Put the paper's statements, figure by figure, beside what the runs here say."
    parser = commands.add("paper", _paper, words, as_json=True)
    parser.add_argument("--figure", type=int, metavar="N", help="one figure alone, by its number")


def _paper(options: argparse.Namespace) -> None:
    from glassy_core.paper.evidence import Evidence
    from glassy_core.paper.statements import figure, findings
    from glassy_core.runs.groups import readable

    rows = None if options.figure is None else [figure(options.figure)]
    statements = findings(Evidence.of(readable(open_store(options.runs_dir).runs())), rows)
    if options.json:
        print(json.dumps({"findings": [finding.to_json() for finding in statements]}, allow_nan=False))
        return
    for finding in statements:
        print(f"Fig. {finding.figure}  {finding.verdict:8} {finding.what} ({finding.world})")
        print(f"        paper: {finding.paper}; here: {finding.ours}. {finding.words}".rstrip())
    for world, words in () if rows else (("paper", "the paper's own task"), ("class", "the class world")):
        counts = Counter(finding.verdict for finding in statements if finding.world == world)
        print(f"On {words}: {counts['agrees']} agree, {counts['differs']} differ, {counts['open']} are open.")
