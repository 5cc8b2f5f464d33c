"""The table of the paper's statements beside ours: each part of a sentence as a page writes it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from glassy_core.paper.findings import Finding
from glassy_core.paper.text import Command, Symbol, Text, TextPart

_SIGNS = {"agrees": "✓", "differs": "✗", "open": "…", "by construction": "="}  # told apart without colours, too
_TABLE_CSS = """
table.paper { width: 100%; border-collapse: collapse; margin-bottom: 0.5rem; }
table.paper th { text-align: left; font-weight: 600; opacity: 0.75; }
table.paper th, table.paper td { padding: 0.45rem 0.9rem 0.45rem 0; vertical-align: top; border-bottom: 1px solid
  color-mix(in srgb, currentColor 16%, transparent); border-inline: none; border-top: none; }
table.paper td:nth-child(1) { width: 26%; } table.paper td:nth-child(2) { width: 20%; }
table.paper td:nth-child(4) { width: 12%; min-width: 7.5rem; white-space: nowrap; }
table.overview td:nth-child(1) { width: 3rem; } table.overview td:nth-child(2) { width: 34%; }
table.overview td:nth-child(3) { width: 22%; } table.overview td:nth-child(4) { width: auto; white-space: normal; }
table.overview td:nth-child(5) { width: 11%; min-width: 8.5rem; white-space: nowrap; }
table.overview td { padding-block: 0.25rem; }
table.overview a { color: inherit; }
table.paper small { opacity: 0.8; }
table.paper code span { white-space: nowrap; }
table.paper .open b, table.paper .by-construction b { font-weight: 400; opacity: 0.75; }
@media (max-width: 640px) {
  table.paper tr:first-child { display: none; }
  table.paper tr, table.paper td { display: block; width: 100% !important; }
  table.paper td { border: none; padding: 0.1rem 0; }
  table.paper td:first-child { font-weight: 600; padding-top: 0.6rem; }
  table.paper td:nth-last-child(3)::before { content: "paper: "; }
  table.paper td:nth-last-child(2)::before { content: "here: "; }
  table.paper tr { border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
}
"""


def table(findings: Sequence[Finding]) -> None:
    """The paper's statements, ours, and how they stand; on a narrow screen one below the other."""
    head = "<tr><th>statement</th><th>the paper</th><th>here</th><th></th></tr>"
    st.html(f"<style>{_TABLE_CSS}</style><table class='paper'>{head}{''.join(map(row, findings))}</table>")


def overview(findings: Sequence[Finding]) -> None:
    """All statements with their verdicts, a line each; the number of a figure leads to it."""
    head = "<tr><th>Fig.</th><th>statement</th><th>the paper</th><th>here</th><th></th></tr>"
    lines = "".join(map(_line, findings))
    st.html(f"<style>{_TABLE_CSS}</style><table class='paper overview'>{head}{lines}</table>")


def _line(finding: Finding) -> str:
    kind, world = finding.verdict.replace(" ", "-"), "<small> (class world)</small>" if finding.world == "class" else ""
    link = f"<a href='?figure={finding.figure}' target='_self'>{finding.figure}</a>"
    return (
        f"<tr class='{kind}'><td>{link}</td><td>{html(finding.what)}{world}</td><td>{html(finding.paper)}</td>"
        f"<td>{html(finding.ours)}</td><td><b>{_SIGNS[finding.verdict]} {finding.verdict}</b></td></tr>"
    )


def row(finding: Finding) -> str:
    """HTML of one statement as a row of the table."""
    world = "<br><small>class world: eight chorales</small>" if finding.world == "class" else ""
    kind = finding.verdict.replace(" ", "-")
    return (
        f"<tr class='{kind}'><td>{html(finding.what)}{world}</td><td>{html(finding.paper)}</td>"
        f"<td>{html(finding.ours)}<br><small>{html(finding.words)}</small></td>"
        f"<td><b>{_SIGNS[finding.verdict]} {finding.verdict}</b></td></tr>"
    )


def html(text: Text) -> str:
    """HTML of a text: symbols as letters with their index, commands as code, all else escaped."""
    return "".join(map(_part, text.parts))


def _part(part: TextPart) -> str:
    if isinstance(part, Command):  # which breaks between its words only
        return f"<code>{' '.join(f'<span>{escape(word)}</span>' for word in part.line.split())}</code>"
    if isinstance(part, Symbol):
        return escape(part.letter) + (f"<sub>{escape(part.index)}</sub>" if part.index else "")
    return escape(str(part))
