"""The editions that are at hand, for tests that go through all chorales."""

import pytest

from glassy_core.editions.catalogue import EDITION_SOURCES
from glassy_core.editions.loading import Edition, load_edition


def edition_at_hand(name: str) -> Edition:
    """The edition, without a download: a test of an edition without its file is skipped, and says so."""
    source = EDITION_SOURCES[name]
    if not source.at_hand(name):
        pytest.skip(f"the {name} edition is not here: set {source.variable} or put {source.file} into data/")
    return load_edition(name)
