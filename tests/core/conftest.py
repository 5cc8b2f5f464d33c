import os
from pathlib import Path

import pytest

from glassy_core.editions.catalogue import PAPER


@pytest.fixture(scope="session")
def paper_path() -> Path:
    """The paper edition's file, which is not part of the project."""
    if not PAPER.at_hand("paper"):
        wanted = f"the paper edition is not here: set {PAPER.variable} or put {PAPER.file} into data/"
        if os.environ.get("GLASSY_REQUIRE_PAPER"):
            pytest.fail(wanted)
        pytest.skip(wanted)
    return PAPER.path("paper")
