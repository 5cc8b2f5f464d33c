"""The app for a class: on the network, where all look and listen and the presenter alone changes anything."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from glassy_core import passphrase
from glassy_core.files import ROOT

PORT = 8501
EVERYWHERE = "0.0.0.0"  # an address: this machine under each of its own
# Streamlit's own protections stay on whatever a user's own settings say. Other names for this machine are welcome,
# because nobody knows how a class will call it; what they lead to is a visitor's.
OPTIONS = {
    "server.address": EVERYWHERE,
    "server.allowedHosts": "*",
    "server.enableCORS": "true",
    "server.enableXsrfProtection": "true",
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "client.showErrorDetails": "none",
}


def command(port: int = PORT) -> list[str]:
    """The server's command line. The passphrase is not in it: other users of the machine could read it there."""
    options = [f"--{name}={value}" for name, value in (OPTIONS | {"server.port": str(port)}).items()]
    return [sys.executable, "-m", "streamlit", "run", "glassy_core/ui/shell/on_network.py", *options]


def serve(port: int = PORT) -> NoReturn:
    """Become the server; PassphraseError where the environment has no passphrase that would keep anybody out."""
    passphrase.check(passphrase.given())
    os.chdir(ROOT)
    os.execv(sys.executable, command(port))
