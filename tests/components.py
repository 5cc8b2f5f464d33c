"""What a page that is driven without a browser hands to its components."""

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Node


def components(app: AppTest) -> list[Node]:
    """All but those of every page: the plotting library ahead, words for when the app is gone, the chosen in sight."""
    return [
        component
        for component in app.get("bidi_component")
        if getattr(component, "key", None) not in ("plotly", "connection", "in_sight")
    ]
