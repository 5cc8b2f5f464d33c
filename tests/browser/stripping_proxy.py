"""A proxy as JupyterHub and code-server put before an app: it takes a prefix away that the app knows nothing of."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PREFIX = "/user/x/proxy/8501"
NOTHING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def stripping_proxy(port: int) -> Iterator[tuple[str, list[str]]]:
    """The app's address behind the proxy, and the paths without the prefix that were asked for: nothing is there."""
    lost: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            with suppress(OSError):  # closed
                while True:
                    threading.Thread(target=_pass_on, args=(door.accept()[0], port, lost), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://localhost:{door.getsockname()[1]}{PREFIX}", lost


def _pass_on(browser: socket.socket, port: int, lost: list[str]) -> None:
    """One request and all that comes of it; a websocket is one that goes on."""
    with suppress(OSError), browser:
        head = b""
        while b"\r\n\r\n" not in head and (data := browser.recv(65536)):
            head += data
        line, _, rest = head.partition(b"\r\n")
        method, _, path = line.decode().rpartition(" ")[0].partition(" ")
        if not path.startswith(f"{PREFIX}/"):
            lost.append(path)
            browser.sendall(NOTHING)
            return
        rest = rest if b"upgrade: websocket" in rest.lower() else b"Connection: close\r\n" + _without_connection(rest)
        with socket.create_connection(("localhost", port)) as app:
            app.sendall(f"{method} {path.removeprefix(PREFIX)} HTTP/1.1\r\n".encode() + rest)
            threading.Thread(target=_pump, args=(browser, app), daemon=True).start()
            _pump(app, browser)


def _without_connection(headers: bytes) -> bytes:
    return b"\r\n".join(line for line in headers.split(b"\r\n") if not line.lower().startswith(b"connection:"))


def _pump(source: socket.socket, goal: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            goal.sendall(data)
        goal.shutdown(socket.SHUT_WR)
