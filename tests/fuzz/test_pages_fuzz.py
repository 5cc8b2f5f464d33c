"""Every page on a store full of garbage, and with garbage in its address: never a traceback, never a file changed."""

import json
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import dispatcher, speed
from glassy_core.presets import PRESETS
from glassy_core.runs import checkpoints
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig
from glassy_core.training.records import fresh
from tests.fuzz.garbage import WORDS, altered, dumped, mangled, value
from tests.made_runs import write_aging, write_sweep
from tests.singers import add_singer

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *sorted(f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py"))]
# What the pages read from their addresses.
NAMES = """preset name depth width eta batch_size steps seed chorales edition scaling gradient auto_halve waiting_times
    full_batch engine threads find status depths widths editions tags selected differing x log show runs run fit seeds
    group smooth colour part not_here
    from to noise probe sizes probe_nll sweep sweep_eta sweep_steps sweep_chorales data thresholds networks gamma
    weights aging_preset aging_seeds view step prime split chorale k chord decode temperature four take length tempo
    instrument ties octave map map_data map_show map_against exponents capacity per remembered numbers queue""".split()
SOUND = {
    "view": ["listen", "continue", "transition", "recall", "quiz"], "noise": ["true"], "fit": ["true"],
    "seeds": ["true"], "prime": ["chord"], "decode": ["sample"], "edition": ["paper"], "x": ["step", "tau"],
    "full_batch": ["true"],
}  # fmt: skip


def files(directory):
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSY_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("GLASSY_JSB_JSON", str(tmp_path / "not-here.json"))
    monkeypatch.delenv("GLASSY_PASSPHRASE", raising=False)
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", lambda store: None)
    monkeypatch.setattr(speed, "steps_per_second", lambda config, directory: 400.0)
    st.cache_resource.clear()
    st.cache_data.clear()
    return RunStore(tmp_path / "runs")


def open_page(page, query):
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    for key, words in query.items():
        app.query_params[key] = words
    if page != "app.py":
        app.switch_page(page)
    app.run()
    assert not app.exception, (page, query, [element.message for element in app.exception])
    for kind in ("error", "warning"):
        for element in app.get(kind):
            assert element.value.strip()
            assert "Traceback" not in element.value
    return app


def wild(store, rng):
    """Runs whose files are altered in every way, beside directories that are none."""
    digest = load_edition("corpus").digest
    for n in range(24):
        config = replace(
            PRESETS["class-near"].config, name=f"run {n}", width=8 + n % 4, waiting_times=(10, 20), chorales=3
        )
        run = store.create(config, digest)
        record = {"step": 5, "tau": 0.5, "eta": 0.01, "nll": 0.5, "nll_minibatch": 0.4, "accuracy": 0.9, "gamma": 1e-3}
        lines = [record | {"step": 10 * k, "tau": 0.1 * k, "nll": 0.9**k} for k in range(60)]
        content = [dumped(altered(line, rng)) if rng.random() < 0.3 else dumped(line) for line in lines]
        run.metrics_path.write_bytes(b"\n".join(content) + b"\n")
        aging = [{"tau_w_step": 10, "step": 11 + k, "tau_w": 0.1, "tau": 0.01 + k, "D": 0.1 * k} for k in range(30)]
        run.aging_path.write_bytes(
            b"\n".join(dumped(altered(a, rng) if rng.random() < 0.2 else a) for a in aging) + b"\n"
        )
        state = json.loads((run.path / "state.json").read_bytes()) | {
            "step": 600,
            "tau": 6.0,
            "nll": 0.01,
            "speed": 9.0,
        }
        state["status"] = rng.choice(["running", "finished", "paused"])
        if n % 4 == 0:
            state = altered(state, rng)
        (run.path / "state.json").write_bytes(dumped(state))
        about = {"name": rng.choice(WORDS), "tags": [value(rng), rng.choice(WORDS)], "note": rng.choice(WORDS)}
        (run.path / "about.json").write_bytes(dumped(about))
        if n % 3 == 0:
            good = json.loads((run.path / "config.json").read_bytes())
            (run.path / "config.json").write_bytes(dumped(altered(good, rng)))
        whole = checkpoints.write(run.checkpoints, replace(fresh(config), step=0)).read_bytes()
        if n % 2:
            checkpoints.path_of(run.checkpoints, 500).write_bytes(mangled(whole, rng))
        (run.path / "probes").mkdir()
        for k, name in enumerate(("step-x", "step-000000000000-p3 in 5 steps", "step-000000000500-pall in 5 steps")):
            probe = {"step": 0, "tau": 1.0, "eta": 0.1, "history": "kept"}
            trace = {"batch_size": 3, "nll": [1.0, 2.0], "nll_minibatch": [1.0, 2.0]}
            text = dumped(altered(probe | {"traces": [trace]}, rng)) if k != 1 else dumped(probe | {"traces": [trace]})
            (run.path / "probes" / f"{name}.json").write_bytes(text)
            (run.path / "probes" / f"{name}.progress").write_bytes(dumped(altered({"done": 1, "total": 2}, rng)))
    for name in ("<b>odd", "a b", "..x", "-", "é", "%2e%2e", "$x$", "\n"):
        (store.directory / name).mkdir()
    (store.directory.joinpath("x").parent / "file").write_text("no run", encoding="utf-8")
    os.mkdir(os.fsencode(store.directory) + b"/\xff\xfe")


@pytest.mark.parametrize("seed", range(1))
@pytest.mark.parametrize("page", PAGES)
def test_a_store_of_garbage(store, page, seed):
    wild(store, random.Random(seed))
    before = files(store.directory)
    ids = [run.id for run in store.runs()]
    queries = [{}]
    if "Runs" in page:
        queries += [{"selected": run_id} for run_id in ids[:: 6 - seed]]
        queries.append({"selected": ",".join(ids)})
    if "curves" in page:
        queries += [{"run": ids, "fit": "true"}, {"run": ids[:9], "seeds": "true", "noise": "true"}]
    if "Chorales" in page:
        queries += [{"run": run_id, "view": view} for run_id, view in zip(ids[seed::5], SOUND["view"], strict=False)]
    for query in queries:
        open_page(page, query)
    assert files(store.directory) == before


@pytest.mark.parametrize("page", PAGES)
def test_addresses_of_any_kind(store, page):
    """Names that the pages know and others, values sound, wrong, and meant to do harm."""
    rng = random.Random(page)
    add_singer(store)
    write_sweep(store, depths=(1,), widths=(14, 22), seeds=(0,))
    write_aging(store)
    store.create(RunConfig(name="waits", steps=10), load_edition("corpus").digest)
    before = files(store.directory)
    words = [word for word in WORDS if "\ud800" not in word]  # no browser can send that one
    words += [run.id for run in store.runs()] + [
        "true",
        "1",
        "2",
        "1e-3",
        "0.5",
        "[1,2]",
        '["a"]',
        "yes",
        "tau",
        "-5",
        "9" * 19,
    ]
    for _ in range(12 if page == "app.py" else 30):
        query = {}
        for name in rng.sample(NAMES, rng.randrange(1, 30)):
            one = rng.choice(SOUND[name]) if name in SOUND and rng.random() < 0.6 else rng.choice(words)
            query[name] = [one, rng.choice(words)] if rng.random() < 0.15 else one
        open_page(page, query)
    assert files(store.directory) == before
