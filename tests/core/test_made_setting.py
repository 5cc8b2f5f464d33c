"""One line in settings.py is all that a new setting asks for: tried with a made-up one, of each kind."""

import json
import subprocess
import sys
from typing import get_args

import pytest

from glassy_core.settings import Kind
from tests.made_setting import ROOT


@pytest.mark.parametrize("decides", get_args(Kind))
def test_a_made_up_setting(decides):
    child = subprocess.run(
        [sys.executable, "tests/made_setting.py", decides], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert child.returncode == 0, child.stderr
    found = json.loads(child.stdout)
    usual = "80 chorales of the paper edition"
    assert found == {
        "differences": ["momentum"],
        "same world": decides != "world",
        "seeds of one network": decides not in ("world", "learning"),
        "words": f"{usual}, momentum 0.5" if decides == "world" else usual,
        "the paper's task": decides not in ("world", "learning"),
        "in one batch": False,
        "kept": True,
        "of before": True,
        "command line": "glassy: momentum is 3.0: it must be from 0 to 1.\n",
    }
