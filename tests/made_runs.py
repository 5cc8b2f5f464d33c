"""Runs made by formula, so that the critical width and the aging of a whole store are known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from glassy_core.editions.loading import load_edition
from glassy_core.presets import PRESETS
from glassy_core.runs.run import Run
from glassy_core.runs.state import State
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig

W_C = {1: 20.0, 2: 12.0}  # the made critical width by depth, at every NLL*
WIDTHS = (10, 14, 22, 26, 30, 36, 42, 48)
SLOPE = 0.01  # of r against w - w_c
EXPONENT = 0.66  # of the made Delta = 10 (tau / tau_w)^0.66
GAMMA = 1e-3
BASE = replace(PRESETS["class-near"].config, name="")


def write_run(store: RunStore, config: RunConfig, tau, nll, status="finished", aging=(), gamma=None) -> Run:
    """A run with these recorded curves."""
    run = store.create(config, load_edition("corpus").digest)
    tau = np.asarray(tau, dtype=float)
    records = [
        {"step": round(t / (config.eta or 1e-2)), "tau": t, "eta": config.eta, "nll": value, "accuracy": 0.9}
        | ({} if gamma is None else {"gamma": gamma})
        for t, value in zip(tau.tolist(), np.asarray(nll, dtype=float).tolist(), strict=True)
    ]
    run.metrics_path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    if aging:
        run.aging_path.write_text("".join(json.dumps(record) + "\n" for record in aging), encoding="utf-8")
    last = records[-1] if records else {"step": 0, "tau": 0.0, "nll": None}
    ends = State(status, steps=config.steps, until=config.until, stop_nll=config.stop_nll)
    run.write_state(replace(ends, step=last["step"], tau=last["tau"], nll=last["nll"], eta=config.eta))
    return run


def write_sweep(store: RunStore, depths=(1, 2), widths=WIDTHS, seeds=(0, 1), base=BASE) -> list[Run]:
    """NLL = 1/2 / (1 + r tau) with r in proportion to w - w_c: every 1/tau* has its root at w_c. Below it, 0.2."""
    tau = np.geomspace(0.05, 400, 300)
    runs = []
    for depth in depths:
        for width in widths:
            for seed in seeds:
                noise = np.random.default_rng([depth, width, seed]).normal()
                r = SLOPE * max(width - W_C[depth], 0) * np.exp(0.03 * noise)
                nll = 0.5 / (1 + 50 * r * tau) + (0.2 if r == 0 else 0)
                config = replace(base, depth=depth, width=width, seed=seed, steps=80_000)
                runs.append(write_run(store, config, tau, np.minimum(nll, 1)))
    return runs


def write_aging(
    store: RunStore, preset="class-aging-under", seed=0, mu=1.0, status="finished", origin=0.0, of=None
) -> Run:
    """Delta = 10 (tau / tau_w^mu - origin)^0.66 with a constant Gamma, or 10 of(x), times a factor of the seed."""
    config = replace(PRESETS[preset].config, seed=seed)
    factor = np.exp(0.05 * np.random.default_rng(seed).normal())
    records = []
    for step in config.waiting_times:
        tau_w = step * config.eta
        for n in sorted({round(k) for k in np.geomspace(10, config.steps - step, 60)}):
            x = n * config.eta / tau_w**mu
            rise = of(x) if of else max(x - origin, 0.01 * x) ** EXPONENT
            D = GAMMA * 10 * factor * float(rise)
            kinds = {f"D_{kind}": D for kind in ("J", "M", "K", "W", "h0")}
            records.append(
                {"tau_w_step": step, "step": step + n, "tau_w": tau_w, "tau": n * config.eta, "D": D} | kinds
            )
    tau = np.linspace(0, config.steps * config.eta, 200)
    return write_run(store, config, tau, np.full(200, 0.1), status, records, GAMMA)
