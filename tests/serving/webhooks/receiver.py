"""A receiver on a loopback server that verifies what it is sent with the specification's own library."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(ThreadingHTTPServer):
    """Keeps (headers, raw body) of each message; answers `status`, after `delay` seconds, with `headers`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict, bytes]] = []
        self.status, self.delay, self.headers, self.drip = 204, 0.0, {}, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        time.sleep(server.delay)
        self.send_response(server.status)
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(server.drip or 2))
        self.end_headers()
        try:
            for _ in range(server.drip):
                self.wfile.write(b".")
                time.sleep(0.05)
            if not server.drip:
                self.wfile.write(b"ok")
        except OSError:
            pass

    def log_message(self, *words) -> None:
        pass
