"""The audit of what is installed: do the packages fit each other, and has any a known vulnerability?

A vulnerability fails, and so do packages that do not fit. Where the vulnerability service cannot be reached, or knows
nothing of a package, the audit says which packages it could not judge and lets the rest go on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

AUDIT = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--timeout", "10"]


def main() -> int:
    """0 where nothing bad is known."""
    check = subprocess.run([sys.executable, "-m", "pip", "check"], check=False)
    if check.returncode:
        print("audit: the installed packages do not fit each other: see above.", file=sys.stderr)
        return 1
    result = subprocess.run(AUDIT, capture_output=True, encoding="utf-8", check=False)
    try:
        dependencies = json.loads(result.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        why = (result.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"audit: THE AUDIT COULD NOT BE MADE, no package was looked up ({why}).")
        return 0
    return verdict(dependencies)


def verdict(dependencies: list[dict[str, Any]]) -> int:
    """1 where a package has a known vulnerability; says what was found, and what could not be judged."""
    unknown = [entry["name"] for entry in dependencies if "skip_reason" in entry]
    found = [entry for entry in dependencies if entry.get("vulns")]
    for entry in found:
        for vulnerability in entry["vulns"]:
            fixed = ", ".join(vulnerability.get("fix_versions", [])) or "no version yet"
            print(f"audit: {entry['name']} {entry['version']} has {vulnerability['id']}, mended in {fixed}.")
    judged = len(dependencies) - len(unknown)
    if not judged:
        print("audit: THE AUDIT COULD NOT BE MADE, the vulnerability service knows none of the packages.")
        return 0
    print(f"audit: {judged} packages were judged, {len(found)} have known vulnerabilities.")
    if unknown:
        print(f"audit: NOT JUDGED, the service does not know them: {', '.join(unknown)}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
