"""The editions that are at hand, for tests that go through all chorales."""

import os
from pathlib import Path

import pytest

from glassy_core.editions.editions import DATA, PAPER_FILE, PAPER_VARIABLE, Edition, load_edition


def edition_at_hand(name: str) -> Edition:
    """The edition, without a download: a test of the paper edition without its file is skipped, and says so."""
    if name == "paper" and not Path(os.environ.get(PAPER_VARIABLE) or DATA / PAPER_FILE).exists():
        pytest.skip(f"the paper edition is not here: set {PAPER_VARIABLE} or put {PAPER_FILE} into data/")
    return load_edition(name)
