"""What a page says when the app is gone: Streamlit's own dialog speaks of a script that nobody here knows."""

from __future__ import annotations

import streamlit as st

KEY = "connection"
_HEADING = "The app cannot be reached"
_WORDS = (
    "Runs that were started go on by themselves, and nothing is lost. Start the app again, and this page comes back. "
    "Where a class looks on, whoever presents does so; on your own machine:"
)
_COMMAND = "make run"

# Streamlit closes the dialog once the app answers again.
_SCRIPT = """
const OURS = "glassyWords"

function say({ heading, words, command }) {
  for (const dialog of document.querySelectorAll("[role=dialog]")) {
    if (dialog.dataset[OURS] || !/streamlit/i.test(dialog.querySelector("code")?.textContent ?? "")) continue
    dialog.dataset[OURS] = "yes"
    const title = [...dialog.querySelectorAll("*")].find((part) => part.textContent === "Connection error")
    const text = [...dialog.querySelectorAll("p, div")].findLast((part) => part.textContent.startsWith("Is Streamlit"))
    if (title) title.textContent = heading
    if (text) text.textContent = words
    dialog.querySelector("code").textContent = command
  }
}

export default ({ data }) => {
  const watch = new MutationObserver(() => say(data))
  watch.observe(document.body, { childList: true, subtree: true })
  return () => watch.disconnect()
}
"""
_component = st.components.v2.component("glassy_connection", js=_SCRIPT)


def own_words() -> None:
    """Put our words into the dialog that comes up when the app does not answer."""
    _component(key=KEY, data={"heading": _HEADING, "words": _WORDS, "command": _COMMAND})
