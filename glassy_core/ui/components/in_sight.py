"""What is chosen in a row that is wider than a phone, the page's link or an open tab, is brought into sight."""

from __future__ import annotations

import streamlit as st

KEY = "in_sight"
_SCRIPT = """
// Streamlit marks the page's own link by its colour alone; its address is relative.
function chosen() {
  const page = location.pathname.split("/").pop()
  const links = [...document.querySelectorAll(".st-key-navigation a")]
  return [...links.filter((link) => link.getAttribute("href") === page),
    ...document.querySelectorAll("[data-testid=stTab][aria-selected=true]")]
}

// The nearest part around it that scrolls sideways; the page itself stays where it is.
function row(element) {
  let part = element.parentElement
  while (part && part.scrollWidth <= part.clientWidth + 1) part = part.parentElement
  return part?.closest("[data-testid=stMain]") && !part.matches("[data-testid=stMain]") ? part : null
}

export default () => {
  const seen = new WeakSet()
  const show = () => {
    for (const element of chosen()) {
      if (seen.has(element) || !element.clientWidth) continue
      seen.add(element)
      const around = row(element)
      if (!around) continue
      const { left, right } = element.getBoundingClientRect(), room = around.getBoundingClientRect()
      if (left < room.left || right > room.right) {
        around.scrollLeft += (left + right) / 2 - (room.left + room.right) / 2
      }
    }
  }
  const watch = new MutationObserver(show)
  watch.observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-selected"] })
  show()
  return () => watch.disconnect()
}
"""
_component = st.components.v2.component("glassy_in_sight", js=_SCRIPT)


def bring_into_sight() -> None:
    """Scroll those rows sideways, once for each thing that is chosen."""
    _component(key=KEY)
