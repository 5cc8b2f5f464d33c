"""Where a part of a page stands among the elements that are sent to the browser."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def place_of(app: AppTest, key: str) -> tuple[int, ...]:
    """Places, from the outermost block inwards, of the container that the part of that key is drawn again in."""

    def find(node, path):
        if getattr(node, "key", None) == f"refreshed-{key}":
            return path
        below = (find(child, (*path, k)) for k, child in getattr(node, "children", {}).items())
        return next((path for path in below if path), None)

    path = find(app._tree, ())
    assert path, f"no part {key} is drawn again here"
    return path
