"""The title of a piece, a button for another one, and one that passes on the page's address, which is the piece."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from glassy_core.ui.shell.frame import plain

_HTML = '<div class="share"><button type="button">Share</button><span class="said" role="status"></span></div>'
_CSS = """
.share { display: flex; align-items: center; gap: 10px; font-family: var(--st-font); color: var(--st-text-color); }
button {
  font: inherit; font-size: .875rem; color: inherit; background: none;
  border: 1px solid var(--st-border-color); border-radius: 8px;
  min-height: 40px; padding: 4px 16px; cursor: pointer;
}
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.said { font-size: .875rem; }
@media (pointer: coarse) { button { min-height: 44px; } }
"""
# Browsers give the clipboard to pages of this machine and of https alone: a class's phones copy as of old.
_JS = """
function copied(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text })
  document.body.append(field)
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  return done
}

async function share(title, said) {
  const url = window.location.href
  const phone = matchMedia("(pointer: coarse)").matches
  if (phone && navigator.share) return navigator.share({ title, url }).catch(() => {})
  const written = navigator.clipboard?.writeText(url) ?? Promise.reject(new Error())
  const done = await written.then(() => true, () => copied(url))
  said.textContent = done ? "The link is copied." : "Copy the page's address: it is the piece."
  setTimeout(() => (said.textContent = ""), 4000)
}

export default function ({ data, parentElement }) {
  const said = parentElement.querySelector(".said")
  parentElement.querySelector("button").onclick = () => share(data.title, said)
}
"""

_component = st.components.v2.component("glassy_share", html=_HTML, css=_CSS, js=_JS)


def heading(title: str, another: str, begin_another: Callable[[], None]) -> None:
    """The title of a piece, and beside it the ways to another one and to whom one likes."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="piece_heading"):
        st.subheader(plain(title), anchor=False, width="content")
        st.button(another, type="primary", icon=":material/autorenew:", on_click=begin_another, key="another")
        _component(key="share", data={"title": title}, width="content")  # the title: for a phone's own ways to share
