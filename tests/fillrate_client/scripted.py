"""A real server on loopback that answers from a script, and notes what it was asked."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Said:
    """One scripted answer; `drops` closes the connection without a word."""

    status: int = 200
    body: str = "{}"
    headers: dict = field(default_factory=dict)
    drops: bool = False


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    key: str | None
    headers: dict
    body: bytes


class ScriptedServer(ThreadingHTTPServer):
    """Answers `script` in turn, the last one for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: list[Said] = [Said()]
        self.asked: list[Asked] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server = self.server
        key = self.headers.get("Idempotency-Key")
        server.asked.append(Asked(self.command, self.path, key, dict(self.headers), body))
        said = server.script.pop(0) if len(server.script) > 1 else server.script[0]
        if said.drops:
            self.close_connection = True
            return
        contents = said.body.encode()
        self.send_response(said.status)
        for name, value in {"Content-Length": str(len(contents)), **said.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(contents)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer

    def log_message(self, *words) -> None:
        pass
