"""The parts of the Paper page: all verdicts, or a figure's statements beside ours and what they were computed from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from glassy_core.paper import figures
from glassy_core.paper.evidence import Evidence
from glassy_core.paper.figures import PaperFigure
from glassy_core.paper.findings import TOO_WIDE, TOO_WIDE_ALONE, Finding, Verdict
from glassy_core.runs.groups import readable
from glassy_core.ui.paper.drawings import DRAWINGS
from glassy_core.ui.paper.look import Look
from glassy_core.ui.paper.verdicts import overview, table
from glassy_core.ui.results import curves
from glassy_core.ui.shell import address
from glassy_core.ui.shell.address import Choice
from glassy_core.ui.shell.frame import prose, store
from glassy_core.ui.shell.words import number, whole

_VERDICTS: dict[Verdict, tuple[str, str, str]] = {  # that are counted
    "agrees": ("green", ":material/check_circle:", "Our interval and the paper's value agree."),
    "differs": ("red", ":material/cancel:", "Our interval and the paper's value do not agree."),
    "open": ("gray", ":material/hourglass_empty:", "The runs do not reach far enough yet, or are too uncertain."),
}

_OVERVIEW, _EVERY = "Verdicts", "All"


def page() -> None:
    """How many statements agree, differ, or are open; all of them in one table, or one figure, or every figure."""
    members = readable(store().runs())
    states = tuple((member.run.id, (state := member.run.state()).step, state.status) for member in members)
    evidence = Evidence.of(members, curves.series_of)
    findings = _findings(str(store().directory), states, evidence)
    _summary(findings)
    names = [_OVERVIEW, *(str(row.number) for row in figures.FIGURES), _EVERY]
    address.check({"figure": Choice(_OVERVIEW, names)})
    address.show_complaints()
    st.segmented_control(
        "Figure of the paper", names, default=_OVERVIEW, required=True, key="figure",
        bind="query-params",
    )  # fmt: skip
    shown = st.session_state["figure"]
    if shown == _OVERVIEW:
        overview(findings)
        with st.expander("How a verdict is made", icon=":material/balance:"):
            _rules()
    for row in figures.FIGURES:
        if shown in (str(row.number), _EVERY):
            _figure(row, [finding for finding in findings if finding.figure == row.number], evidence)


@st.cache_data(show_spinner="Comparing the runs with the paper", max_entries=4)
def _findings(directory: str, states: tuple[object, ...], _evidence: Evidence) -> list[Finding]:
    """All statements as the store's runs have it now: computed anew where one of them has moved."""
    return figures.findings(_evidence)


def _figure(row: PaperFigure, findings: Sequence[Finding], evidence: Evidence) -> None:
    """One figure: what the paper claims, the statements, the drawing where there is one, and what is behind them."""
    st.header(f"Figure {row.number}: {row.title}", anchor=False)
    if row.claims:
        prose(f"**In the paper:** {row.claims}")
    drawing, look = DRAWINGS.get(row.number), Look(f"paper-{row.number}")
    if drawing:
        drawing.show(evidence, look)
    table(findings)
    _behind(row, findings)


def _summary(findings: Sequence[Finding]) -> None:
    """How many statements agree, differ, or are open; the paper's own task and the class world apart."""
    worlds = (("paper", "the paper's own task"), ("class", "the same statements in the class world"))
    with st.container(horizontal=True, vertical_alignment="center", key="summary"):
        for world, words in worlds:
            count = Counter(finding.verdict for finding in findings if finding.world == world)
            if not count:
                continue
            st.markdown(f"On {words}:", width="content")
            for verdict, (colour, icon, meaning) in _VERDICTS.items():
                st.badge(f"{count[verdict]} {verdict.removesuffix('s')}", icon=icon, color=colour, help=meaning)  # type: ignore[arg-type]


def _rules() -> None:
    """What the verdicts mean, and what is not judged."""
    prose(
        "A number agrees when our 95 % interval and the paper's value, with the error it states or half a unit of its "
        "last digit, have a value in common, and differs when they have none. It is open where a run is too short, "
        "where our interval holds the value of a process without glassiness (α = 1, μ = 0), too, and where it meets "
        f"the paper's but would meet almost any value: over {TOO_WIDE:g} times as wide as the paper's error, or "
        f"± {TOO_WIDE_ALONE:.0%} where it states none. What no run could have shown otherwise is by construction and "
        "not counted. A figure's own table says what is missing, and the rule for a statement "
        "without a number. Below each figure is a command "
        "that computes its table anew; `python -m glassy_core paper` prints all tables and counts the verdicts. Not "
        "judged are the collapse in τ at short times, how clean the collapse of w = 68 is, the growth of exponents "
        "with width and depth, the sharper transition of deeper networks, and d = 10."
    )


def _behind(row: PaperFigure, findings: Sequence[Finding]) -> None:
    """The commands that compute a table's numbers again, and the runs behind them."""
    every = figures.of_figure(row.number)
    commands = dict.fromkeys(finding.command for finding in findings if finding.command != every)
    used = {source.run: source for finding in findings for source in finding.sources}
    with st.expander("Compute it yourself; the runs behind it", icon=":material/terminal:"):
        st.caption("All that the table says, computed anew from the records:")
        st.code(every, language="bash", wrap_lines=True)
        if commands:
            st.caption("The measurements by themselves, with more of what they found:")
        for line in commands:
            st.code(line, language="bash", wrap_lines=True)
        if row.needs:
            st.caption(row.needs)
        runs = [
            {
                "run": source.run,
                "network": source.network,
                "edition": f"{source.edition} ({source.digest[:8]})",
                "steps": whole(source.steps),
                "τ": number(source.tau),
            }
            for source in used.values()
        ]
        if runs:
            st.dataframe(runs, hide_index=True)
