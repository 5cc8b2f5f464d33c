"""The package with one setting more, as a line in settings.py; run by itself, since all modules read the settings.

python tests/made_setting.py DECIDES    -> what follows of it, as JSON
"""

import contextlib
import importlib.util
import io
import json
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = "glassy_core.settings"
LINE = '    momentum: float = setting(0.0, "{}", "part of the last step that is made again", "", (0, 1))\n'


def with_the_line(decides):
    """The settings' module, its source read with the line before that of the width."""
    spec = importlib.util.find_spec(SETTINGS)
    source = Path(spec.origin).read_text(encoding="utf-8")
    before, after = source.split("    width: int", 1)
    module = sys.modules[SETTINGS] = importlib.util.module_from_spec(spec)
    exec(compile(before + LINE.format(decides) + "    width: int" + after, spec.origin, "exec"), module.__dict__)
    return module


def what_follows(settings):
    from glassy_core.commands.main import main
    from glassy_core.jobs.execution import MAY_DIFFER
    from glassy_core.paper.task import is_papers
    from glassy_core.presets import PRESETS
    from glassy_core.runs.groups import Member

    papers = PRESETS["paper-d2-near"].config
    other = replace(papers, momentum=0.5)
    one, two = (Member(None, config, "x") for config in (papers, other))
    refused = io.StringIO()
    with contextlib.redirect_stderr(refused):
        main(["train", "--momentum", "3"])
    values = papers.to_json()
    del values["momentum"]  # as runs of before have it
    return {
        "differences": settings.differences(papers, other),
        "same world": one.world == two.world,
        "seeds of one network": one.ensemble == two.ensemble,
        "words": two.world.words(),
        "the paper's task": is_papers(other, "learning curves"),
        "in one batch": "momentum" in MAY_DIFFER,
        "kept": settings.RunConfig.from_json(json.loads(json.dumps(other.to_json()))) == other,
        "of before": settings.RunConfig.from_json(values) == papers,
        "command line": refused.getvalue(),
    }


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    print(json.dumps(what_follows(with_the_line(sys.argv[1]))))
