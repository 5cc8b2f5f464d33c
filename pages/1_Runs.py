"""Runs: start networks, follow and steer them, compare them, keep or delete them."""

import streamlit as st

from glassy_core import ui

ui.frame("Runs", "One run is one network learning the chorales. Runs go on when this page is closed.")
ui.notice_starts()

ui.new_run()

st.header("All runs", anchor=False)
ui.follow("runs", ui.all_runs)
