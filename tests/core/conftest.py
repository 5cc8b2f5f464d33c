import os
from pathlib import Path

import pytest

from glassy_core.editions.editions import DATA, PAPER_FILE, PAPER_VARIABLE


@pytest.fixture(scope="session")
def paper_path() -> Path:
    """The paper edition's file, which is not part of the project."""
    path = Path(os.environ.get(PAPER_VARIABLE) or DATA / PAPER_FILE)
    if not path.exists():
        wanted = f"the paper edition is not here: set {PAPER_VARIABLE} or put {PAPER_FILE} into data/"
        if os.environ.get("GLASSY_REQUIRE_PAPER"):
            pytest.fail(wanted)
        pytest.skip(wanted)
    return path
