"""Another site, where links and forms of strangers stand.

It is reached as ``localhost``: to a browser, another port of 127.0.0.1 would be the
same site.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote


class OtherSite:
    """Serves the pages that it is given."""

    def __init__(self) -> None:
        pages: dict[str, tuple[int, str, str]] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, html, policy = pages.get(unquote(self.path), (404, "", ""))
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *arguments: object) -> None:
                """Tell nobody."""

        self._pages = pages
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])

    def show(self, path: str, body: str, *, policy: str = "", status: int = 200) -> str:
        """Serve a page from now on; return its address."""
        head = (
            '<!doctype html><html lang="en"><title>Elsewhere</title>'
            '<link rel="icon" href="data:,">'
        )
        self._pages[path] = (status, f"{head}{body}", policy)
        return f"http://localhost:{self._server.server_port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
