"""The parts of the Paper page: each figure's statements beside ours, and what they were computed from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from html import escape

import streamlit as st

from glassy_core.figures.network import WORDS, counts
from glassy_core.figures.palette import WEIGHTS
from glassy_core.network.equations import parameter_count
from glassy_core.paper.findings import TOO_WIDE, TOO_WIDE_ALONE, Finding, Gathered, Verdict, command
from glassy_core.paper.statements import findings, of_figure
from glassy_core.runs.groups import readable
from glassy_core.ui.paper import figures
from glassy_core.ui.results import curves
from glassy_core.ui.shell.frame import INK, prose, store
from glassy_core.ui.shell.words import number, whole

FIGURES = {
    2: (
        "learning curves",
        "The loss falls for all networks; a narrow one levels off, a wide one reaches 0.01 bits, where the music "
        "becomes plausible. Deeper networks need less proper time.",
    ),
    3: (
        "power laws",
        "At long times the loss decays as a power of τ towards NLL∞: NLL = NLL∞ + A τ⁻ᵃ. Exponents grow with width "
        "and depth.",
    ),
    4: ("the noise of SGD", "Near the end of learning the minibatch's choice shakes the loss; smaller ones more."),
    5: (
        "the learnability transition",
        "The inverse of the time to learn goes to zero at a critical width: below it, no time is enough.",
    ),
    6: ("critical widths", "The critical width falls with the threshold and with depth."),
    7: (
        "aging",
        "The longer a network has learned, the more slowly its weights move. With time counted in waiting times, the "
        "curves fall on one another for w = 30, less cleanly for w = 68; for w = 90 those of the longest waiting times "
        "break away.",
    ),
    8: (
        "the noise along learning",
        "In the paper Γ, the variance of the minibatch's gradient, grows with τ, ever more slowly, and levels off for "
        "w = 30 and 90; for w = 90 it falls a bit at the longest times. The near-critical network is the noisiest.",
    ),
    9: (
        "how fluctuations grow",
        "For w = 30 and τ_w = 80, Δ grows as the power 0.66 of x - 0.6 for x = τ/τ_w from 1 to 6; beyond x = 10 a "
        "logarithm of x fits.",
    ),
}
VERDICTS: dict[Verdict, tuple[str, str, str]] = {
    "agrees": ("green", ":material/check_circle:", "Our interval and the paper's value agree."),
    "differs": ("red", ":material/cancel:", "Our interval and the paper's value do not agree."),
    "open": ("gray", ":material/hourglass_empty:", "The runs do not reach far enough yet, or are too uncertain."),
}
NEED_DATA = {  # what cannot be computed from the records alone
    2: "The figure's floor is the data's: `python -m glassy_core data --edition paper`; it needs the paper's file.",
    4: "A probe trains on from the checkpoint, so it needs the paper's file; the table's command reads the kept one.",
}
TITLES = {"agrees": "agrees", "differs": "differs", "open": "open"}
SIGNS = {"agrees": "✓", "differs": "✗", "open": "…"}  # told apart without colours, too
LETTERS = {"NLL_inf": "NLL∞", "w_c": "w<sub>c</sub>", "tau_w": "τ<sub>w</sub>", "tau": "τ", "mu": "μ"}
LETTERS |= {"alpha": "α", "Gamma": "Γ", "Delta": "Δ"}
TABLE_CSS = """
table.paper { width: 100%; border-collapse: collapse; margin-bottom: 0.5rem; }
table.paper th { text-align: left; font-weight: 600; opacity: 0.75; }
table.paper th, table.paper td { padding: 0.45rem 0.9rem 0.45rem 0; vertical-align: top; border-bottom: 1px solid
  color-mix(in srgb, currentColor 16%, transparent); border-inline: none; border-top: none; }
table.paper td:nth-child(1) { width: 26%; } table.paper td:nth-child(2) { width: 20%; }
table.paper td:nth-child(4) { width: 12%; min-width: 7.5rem; white-space: nowrap; }
table.paper small { opacity: 0.8; }
table.paper code span { white-space: nowrap; }
table.paper .open b { font-weight: 400; opacity: 0.75; }
@media (max-width: 640px) {
  table.paper tr:first-child { display: none; }
  table.paper tr, table.paper td { display: block; width: 100% !important; }
  table.paper td { border: none; padding: 0.1rem 0; }
  table.paper td:first-child { font-weight: 600; padding-top: 0.6rem; }
  table.paper td:nth-child(2)::before { content: "paper: "; } table.paper td:nth-child(3)::before { content: "here: "; }
  table.paper tr { border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
}
"""


def known() -> list[Finding]:
    """All statements as the store's runs have it now."""
    members = readable(store().runs())
    states = tuple((member.run.id, (state := member.run.state()).step, state.status) for member in members)
    return _known(str(store().directory), states)


@st.cache_data(show_spinner="Comparing the runs with the paper", max_entries=4)
def _known(directory: str, states: tuple[object, ...]) -> list[Finding]:
    return findings(readable(store().runs()), curves.series)


def summary(found: Sequence[Finding]) -> None:
    """How many statements agree, differ, or are open; the paper's own task and the class world apart."""
    for world, words in (("paper", "the paper's own task"), ("class", "the same statements in the class world")):
        count = Counter(finding.verdict for finding in found if finding.world == world)
        if not count:
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"On {words}:", width="content")
            for verdict, (colour, icon, meaning) in VERDICTS.items():
                st.badge(f"{count[verdict]} {TITLES[verdict].removesuffix('s')}", icon=icon, color=colour, help=meaning)  # type: ignore[arg-type]
    prose(
        "A number agrees when our 95 % interval and the paper's value, with the error it states or half a unit of its "
        "last digit, have a value in common, and differs when they have none. It is open where a run is too short, "
        "where our interval holds the value of a process without glassiness (α = 1, μ = 0), too, and where it meets "
        f"the paper's but would meet almost any value: over {TOO_WIDE:g} times as wide as the paper's error, or "
        f"± {TOO_WIDE_ALONE:.0%} where it states none. The table says what is missing, and the rule for a statement "
        "without a number. The words below each figure's title are the paper's claims. Below each figure is a command "
        "that computes its table anew; `python -m glassy_core paper` prints all tables and counts the verdicts. Not "
        "judged are the collapse in τ at short times, how clean the collapse of w = 68 is, the growth of exponents "
        "with width and depth, the sharper transition of deeper networks, and d = 10."
    )


def network() -> None:
    """Fig. 1, live with the chosen d and w."""
    with st.container(horizontal=True, gap="large"):
        depth = st.slider("depth d (layers)", 1, 10, 2, key="d", bind="query-params", width=300)
        width = st.slider("width w (units per layer)", 2, 200, 30, key="w", bind="query-params", width=300)
    figures.network(depth, width)
    sizes = counts(depth, width)
    rows = [
        f'<li style="color:{WEIGHTS[kind]}"><span style="color:{INK}">{WORDS[kind]}: {whole(sizes[kind])} weights'
        "</span></li>"
        for kind in WORDS
    ]  # the dot is as the arrow; letters in those colours would be too faint
    st.html(f"<ul>{''.join(rows)}</ul>")
    prose(
        f"With the output's {sizes['h0']} biases: {whole(round(parameter_count(depth, width)))} free parameters, each "
        f"orthogonal M counted as w(w - 1)/2. `python -m glassy_core network --depth {depth} --width {width}` prints "
        "these numbers."
    )


def table(found: Sequence[Finding]) -> None:
    """The paper's statements, ours, and how they stand; on a narrow screen one below the other."""
    head = "<tr><th>statement</th><th>the paper</th><th>here</th><th></th></tr>"
    st.html(f"<style>{TABLE_CSS}</style><table class='paper'>{head}{''.join(map(_row, found))}</table>")


def _row(finding: Finding) -> str:
    world = "<br><small>class world: eight chorales</small>" if finding.world == "class" else ""
    return (
        f"<tr class='{finding.verdict}'><td>{pretty(finding.what)}{world}</td><td>{pretty(finding.paper)}</td>"
        f"<td>{pretty(finding.ours)}<br><small>{_with_code(finding.words)}</small></td>"
        f"<td><b>{SIGNS[finding.verdict]} {TITLES[finding.verdict]}</b></td></tr>"
    )


def _with_code(words: str) -> str:
    """Text with its commands, between backticks, as code that breaks between its words only."""
    parts = words.split("`")
    return "".join(_code(part) if k % 2 else pretty(part) for k, part in enumerate(parts))


def _code(command: str) -> str:
    return f"<code>{' '.join(f'<span>{escape(word)}</span>' for word in command.split())}</code>"


def pretty(words: str) -> str:
    """Text as HTML, its names of quantities as the letters they stand for."""
    return re.sub(rf"\b({'|'.join(LETTERS)})\b", lambda match: LETTERS[match[0]], escape(words))


def plot(figure: int) -> None:
    """The figure as the paper draws it, of our runs; a sentence where nothing can be drawn."""
    if not figures.draw(figure, Gathered.of(readable(store().runs()))):
        st.caption("There are no runs to draw this figure from yet." if figure != 4 else _no_probe())


def _no_probe() -> str:
    """What makes a probe, for a run of the store."""
    for member in figures.probed_first(Gathered.of(readable(store().runs()))):
        if member.run.state().step:
            return f"No run has a noise probe yet. `{command('probe', member)}` makes one, or the Learning curves page."
    return "No run has a noise probe yet: train one, then `python -m glassy_core probe RUN` makes it."


def behind(figure: int, found: Sequence[Finding]) -> None:
    """The commands that compute a table's numbers again, and the runs behind them."""
    every = of_figure(figure)
    commands = dict.fromkeys(finding.command for finding in found if finding.command != every)
    used = {source.run: source for finding in found for source in finding.sources}
    with st.expander("Compute it yourself; the runs behind it", icon=":material/terminal:"):
        st.caption("All that the table says, computed anew from the records:")
        st.code(every, language="bash", wrap_lines=True)
        if commands:
            st.caption("The measurements by themselves, with more of what they found:")
        for line in commands:
            st.code(line, language="bash", wrap_lines=True)
        if figure in NEED_DATA:
            st.caption(NEED_DATA[figure])
        rows = [
            {
                "run": source.run,
                "network": source.network,
                "edition": f"{source.edition} ({source.digest[:8]})",
                "steps": whole(source.steps),
                "τ": number(source.tau),
            }
            for source in used.values()
        ]
        if rows:
            st.dataframe(rows, hide_index=True)
