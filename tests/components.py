"""What a page that is driven without a browser hands to its components."""

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Node


def components(app: AppTest) -> list[Node]:
    """All but the one by which every page asks for the plotting library ahead."""
    return [component for component in app.get("bidi_component") if getattr(component, "key", None) != "plotly"]
