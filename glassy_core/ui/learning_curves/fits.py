"""The power-law fits on the Learning curves page: the window, the straight-line view, numbers side by side, words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import streamlit as st

from glassy_core.figures import tables
from glassy_core.figures.power_laws import Fits, straight_lines
from glassy_core.figures.style import Ensemble
from glassy_core.paper.numbers import PaperCurve, paper_curve
from glassy_core.physics.estimate import Estimate
from glassy_core.physics.learning_curves.power_law import PowerLawFit
from glassy_core.physics.learning_curves.rivals import Score
from glassy_core.physics.learning_curves.windows import Window, check_window
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results.fits import Ends, fit_of
from glassy_core.ui.shell.frame import plain, prose
from glassy_core.ui.shell.words import number

_FROM, _TO = "from", "to"  # keys of the inputs, names in the URL
_MOVED, _SHOWN = "window_moved", "windows_shown"
_REMEMBERED = 200  # windows
_DIGITS = 4  # of a dragged end
_PAPERS = "the paper's NLL∞, a"  # a row, where there is one


class FitOptions(NamedTuple):
    """What the reader asked for: fits, seeds as bands, the window's ends (None: each run's own)."""

    fit: bool
    seeds: bool
    ends: Ends


def choose() -> FitOptions:
    """The switches and, with fits on, the window; all of it in the URL."""
    _take_over()
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="fit-controls"):
        fit = st.toggle(
            "Fit NLL∞ + A τ⁻ᵃ", key="fit", bind="query-params",
            help="A power law to the part of each curve inside the window, with 95 % intervals.",
        )  # fmt: skip
        seeds = st.toggle(
            "Seeds as one band", key="seeds", bind="query-params",
            help="All runs of the store that differ from a chosen one by the seed only are drawn as one band, "
            "from the least to the greatest, and fitted together: the paper has single runs.",
        )  # fmt: skip
        ends = _ends() if fit else (None, None)
    with st.container():  # which is there without an error, too: the numbers below keep their place
        return FitOptions(fit, seeds, _checked(ends))


def _ends() -> Ends:
    """The fields of the window's ends, and the button that empties them."""
    low, high = _end("Window from τ", _FROM), _end("to τ", _TO)
    st.button(
        "Own windows", icon=":material/restart_alt:", on_click=_reset, disabled=low is None and high is None,
        help="Back to each curve's own window: the widest up to its last record in which a power law describes it.",
    )  # fmt: skip
    return low, high


def _checked(ends: Ends) -> Ends:
    """The ends if they are a window's; else none, and a sentence."""
    low, high = ends
    try:
        check_window((low if low is not None else min(1e-300, high or 1), high if high is not None else 1e300))
    except ValueError as error:
        st.error(str(error))
        return None, None
    return ends


def _end(label: str, key: str) -> float | None:
    value = st.number_input(
        label, value=None, step=0.1, format="%g", key=key, bind="query-params", placeholder="auto", width=150,
        help="Move the handles on the plot, or type. Empty: each curve's own, chosen by itself.",
    )  # fmt: skip
    return value if value is None or math.isfinite(value) else None


def _reset() -> None:
    st.session_state.pop(_MOVED, None)
    st.session_state[_FROM] = st.session_state[_TO] = None


def shown_window(fits: Fits) -> Window | None:
    """What the handles show: from the first beginning to the last end of the windows."""
    windows = [fit.window for _, fit in fits if fit.window]
    if not windows:
        return None
    shown = min(low for low, _ in windows), max(high for _, high in windows)
    seen = st.session_state.setdefault(_SHOWN, [])
    if shown not in seen:
        seen.append(shown)
        del seen[:-_REMEMBERED]
    return shown


def dragged(ends: Window) -> None:
    """Take over the end that the reader moved; the other one stays as it is, chosen by itself or not.

    While a run goes on the window may have moved on during the drag, so the end that was left alone is known by
    being one that was shown before.
    """
    seen = st.session_state.get(_SHOWN, [])
    for place, (key, end) in enumerate(zip((_FROM, _TO), ends, strict=True)):
        if end > 0 and all(end != shown[place] for shown in seen):
            st.session_state.setdefault(_MOVED, {})[key] = float(f"{end:.{_DIGITS}g}")


def renew_controls() -> None:
    """Called from a part of the page: after a drag the whole page is drawn once, with the new numbers and URL."""
    if st.session_state.get(_MOVED):
        st.rerun()


def _take_over() -> None:
    """The fields get what was dragged only where they are made.

    Set earlier, it would be lost to a refresh under way, which brings the fields as the browser still has them.
    """
    for key, end in st.session_state.pop(_MOVED, {}).items():
        st.session_state[key] = end


def fits_of(settings: Sequence[Ensemble], options: FitOptions, busy: Iterable[str]) -> Fits:
    """Every setting with its fit; none without the switch. busy: ids of the runs at work."""
    if not options.fit:
        return []
    at_work = set(busy)
    return [(s, fit_of(s, options.ends, any(c.id in at_work for c in s.curves))) for s in settings]


def details(fits: Fits) -> None:
    """The doubts, the numbers, the straight lines with the residuals, and all of it to take along."""
    doubts: dict[str, list[str]] = {}
    for setting, fit in fits:
        if fit.why:
            doubts.setdefault(fit.why, []).append(f"**{plain(setting.label)}**")
    if doubts:  # one remark, however many fits it is of
        st.caption(
            ":material/help: Unreliable. " + " ".join(f"{', '.join(who)}: {plain(why)}" for why, who in doubts.items())
        )
    for setting, fit in fits:
        if fit.left_out and not fit.why:  # where there is a doubt, it names them too
            st.caption(f"{plain(setting.label)}: {fit.left_out}")
    st.table(_table(fits), hide_index=True)
    if any(fit.points for _, fit in fits):
        st.markdown("##### NLL - NLL∞: a right fit is a straight line")
        live_figure(straight_lines(fits), "straight", _in_words(fits), 520, "straight-lines")
    _words(fits)
    _rivals(fits)
    st.download_button(
        "Download the fits as CSV",
        data=lambda: "".join(tables.fits(fits)).encode(),
        file_name=f"fits-{datetime.now():%Y%m%d-%H%M%S}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        help="The points that were fitted, with the law, its band and the residuals; "
        "settings and estimates are in the comment lines above.",
    )


def _table(fits: Fits) -> list[dict[str, str]]:
    columns = {plain(setting.label): _column(setting, fit) for setting, fit in fits}
    names = list(next(iter(columns.values()), {}))
    if all(column[_PAPERS] == "–" for column in columns.values()):
        names.remove(_PAPERS)
    return [{"95 % intervals": name} | {label: column[name] for label, column in columns.items()} for name in names]


def _rivals(fits: Fits) -> None:
    """The power law beside its rivals: how far off each is where it was not fitted."""
    compared = {plain(setting.label): fit.comparison for setting, fit in fits if fit.comparison}
    if not compared:
        return
    st.markdown("##### Which law foretells the late times?")
    prose(
        "Each law is fitted to the first two thirds of the window, in log τ, and foretells the last third. What it is "
        "off by there, relative to the NLL, is its **miss**. A power law is reliable where it beats the laws that "
        "exclude it, needs no correction, and holds in both halves of the window."
    )
    rows = zip(*([_miss(score) for score in (c.power, *c.rivals)] for c in compared.values()), strict=True)
    names = [score.words.rstrip(",") for c in compared.values() for score in (c.power, *c.rivals)]
    st.table(
        [{"law": name} | dict(zip(compared, row, strict=True)) for name, row in zip(names, rows, strict=False)],
        hide_index=True,
    )


def _miss(score: Score) -> str:
    """What a law misses, and whether it is nearer to the curve than the power law, or as near."""
    if not math.isfinite(score.miss):
        return "does not fall"
    words = " **nearer**" if score.better else " stands, too" if score.stands else ""
    return f"{100 * score.miss:.2g} %{words}"


def _column(setting: Ensemble, fit: PowerLawFit) -> dict[str, str]:
    law, pure = paper_curve(setting.config), fit.pure
    return {
        "estimates are": "reliable" if fit.reliable else "**unreliable**",
        "NLL∞, where it tends to (bits)": _estimate(fit.nll_inf),
        "exponent a": _estimate(fit.exponent),
        "twice the τ leaves": f"{2**-fit.exponent.value:.0%} of NLL - NLL∞" if fit.exponent else "–",
        "amplitude A": _estimate(fit.amplitude),
        "window in τ": f"{fit.window[0]:.4g} to {fit.window[1]:.4g}" if fit.window else "–",
        "does it tend to 0 bits?": _to_zero(fit),
        "then a would be": _estimate(pure.exponent) if pure else "–",
        "and AIC higher by": number(pure.delta_aic if pure else None, 3),
        "correlation of NLL∞ and a": number(fit.correlation, 2),
        _PAPERS: _papers(law),
        "floor of the data (bits)": number(setting.floor, 3),
    }


def _to_zero(fit: PowerLawFit) -> str:
    """Whether the pure power law describes the curve as well; a law that is in doubt itself cannot tell."""
    if fit.pure is None:
        return "–"
    if not fit.reliable:
        return "the data cannot tell"
    return "it may" if fit.pure.enough else "no"


def _estimate(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    return estimate.written(lambda value: number(value, 3))


def _papers(law: PaperCurve | None) -> str:
    if law is None:
        return "–"
    spread = f" ± {law.uncertainty:g}" if law.uncertainty else ""
    return f"{law.nll_inf:g}, {law.exponent:g}{spread}"


def _in_words(fits: Fits) -> str:
    parts = []
    for setting, fit in fits:
        a = _estimate(fit.exponent)
        parts.append(f"{setting.label}: exponent {a}, {'reliable' if fit.reliable else 'unreliable'}")
    return "NLL minus NLL infinity against tau, logarithmic, with residuals. " + "; ".join(parts) + "."


def _words(fits: Fits) -> None:
    prose(
        "**NLL∞ and a pull on each other**: a higher floor makes what is left fall faster. So each comes with the "
        "95 % interval over 500 artificial curves, made of the fit and of blocks of its own residuals, wider where "
        "other laws stand or, of a flow, which has no noise, where parts of the window differ; and with the "
        "correlation of the two. The bars of the straight lines are the interval of NLL∞; hollow or dashed is what "
        "the data cannot tell. Residuals without a pattern are noise; a bow means that the window begins too early."
    )
    prose(
        "**Does it tend to 0?** The law is fitted again with NLL∞ = 0. AIC weighs how well a law fits against how "
        "many numbers it was given: lower is better, and 10 are decisive."
    )
    if any(len(setting.curves) > 1 for setting, _ in fits):
        prose(
            "For several seeds the fit is that of their mean, and the intervals are the seeds' spread: they say how "
            "well the setting is known, which a single run cannot."
        )
