"""A component's code as a file that browsers keep: Streamlit sends what is given to it with every refresh again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# What is given to Streamlit in its place; `data.code` is the file's address, relative to any page.
FETCHED = """
const CODE = (window[Symbol.for("glassy.code")] ??= {})

export default function (component) {
  const { data, parentElement } = component
  const url = new URL(data.code, document.baseURI).href
  let ended = false, end = null
  CODE[url] ??= import(url)
  CODE[url].then((code) => (ended ? null : (end = code.default(component)))).catch((error) => {
    delete CODE[url]
    const trouble = parentElement.querySelector("[role=alert]")
    if (trouble) trouble.textContent = `A part of the page did not load: reload it. (${error.message})`
  })
  return () => {
    ended = true
    end?.()
  }
}
"""

_KEPT = Path(__file__).resolve().parent / "kept.js"


def scripts(*files: Path) -> str:
    """Files of JavaScript as one module, of which the last has the default export; `kept` stands before them."""
    return "\n".join(file.read_text(encoding="utf-8") for file in (_KEPT, *files))


@dataclass(frozen=True)
class Code:
    """A module of JavaScript, whose default export is what Streamlit would call."""

    name: str
    text: str

    @cached_property
    def url(self) -> str:
        """Where the server hands it out, see serving.py; another text is another address."""
        return f"{self.name}-{hashlib.sha256(self.text.encode()).hexdigest()[:12]}.js"
