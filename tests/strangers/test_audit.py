"""The audit of the dependencies: what is found fails, what could not be judged is said."""

import json
import os
import subprocess
import sys

import pytest

from tests.strangers.conftest import ROOT

BAD = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}]}
GOOD = {"name": "new", "version": "2.0", "vulns": []}
UNKNOWN = {"name": "odd", "skip_reason": "Dependency not found on PyPI"}


def audit(tmp_path, answer, status=0):
    """The audit with a vulnerability service that answers so: the real one is not ours to break."""
    (tmp_path / "pip_audit.py").write_text(f"import sys\nprint({answer!r})\nsys.exit({status})\n", encoding="utf-8")
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, str(ROOT / ".ci" / "audit.py")]
    return subprocess.run(command, env=env, capture_output=True, encoding="utf-8", timeout=300, check=False)


@pytest.mark.parametrize(
    ("dependencies", "status", "said"),
    [
        ([GOOD], 0, "1 packages were judged, 0 have known"),
        ([GOOD, BAD], 1, "old 1.0 has PYSEC-2026-1, mended in 1.1."),
        ([UNKNOWN, BAD], 1, "NOT JUDGED, the service does not know them: odd."),
        ([UNKNOWN], 0, "THE AUDIT COULD NOT BE MADE"),
    ],
)
def test_the_verdict(tmp_path, dependencies, status, said):
    result = audit(tmp_path, json.dumps({"dependencies": dependencies}), status)
    assert result.returncode == status, result.stdout + result.stderr
    assert said in result.stdout


def test_a_service_out_of_reach_is_said_and_nothing_fails(tmp_path):
    result = audit(tmp_path, "ConnectionError", 1)
    assert result.returncode == 0
    assert "THE AUDIT COULD NOT BE MADE" in result.stdout


def test_ci_makes_the_audit():
    assert ".venv/bin/python .ci/audit.py" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip-audit==" in (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
