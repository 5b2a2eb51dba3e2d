"""A small server on this machine that speaks enough of the model hub's protocol for `huggingface_hub` itself."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves one repository. `files` by path; those of 1000 bytes and more are "large" and have a SHA-256.

    Attributes:
        token: wanted in the Authorization header, or "" for none.
        break_after: bytes of a file's body after which the connection is cut, once; 0 never.
        spoil: path of a file whose content arrives changed.
        always_break: not only once.
        stall_after: bytes of a file's body after which nothing more comes, though the connection stays; 0 never.
        stall_once: only the first time.
        status: what every request is answered with; 0: what it asks for. status_times: only so often; 0 always.
        elsewhere: files lie on another host, where they are asked for without the token; `keys` are those that came.
        mute: requests are not answered at all.
        ranges: what becomes of a Range header: "kept", "ignored" (the whole file comes) or "refused" (416).
        too_much: bytes that follow the file, without a length being said.
        seen: (method, path, Range header) of each request. if_range: the header of the last one.
    """

    def __init__(self, repo: str, files: dict[str, bytes]) -> None:
        self.repo, self.files = repo, files
        self.token = ""
        self.break_after = 0
        self.always_break = False
        self.spoil = ""
        self.stall_after = 0
        self.stall_once = False
        self.status_times = 0
        self.mute = False
        self.elsewhere = False
        self.keys: list[str] = []
        self.ranges = "kept"
        self.too_much = 0
        self.if_range = ""
        self._closing = threading.Event()
        self.status = 0
        self.seen: list[tuple[str, str, str]] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.answer(self, body=True)

            def do_HEAD(self) -> None:
                hub.answer(self, body=False)

            def log_message(self, *_arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, call: BaseHTTPRequestHandler, body: bool) -> None:
        path = call.path.split("?")[0]
        self.seen.append((call.command, path, call.headers.get("Range", "")))
        self.if_range = call.headers.get("If-Range", "")
        if self.mute:
            self._closing.wait(60)
            call.close_connection = True
            return None
        if status := self.status:
            self.status_times -= 1
            self.status = 0 if self.status_times == 0 else status
            return self._refuse(call, status, "")
        if path.startswith("/elsewhere/"):
            self.keys.append(call.headers.get("Authorization", ""))
            return self._file(call, path.removeprefix("/elsewhere/"), body)
        if self.token and call.headers.get("Authorization") != f"Bearer {self.token}":
            return self._refuse(call, 401, "GatedRepo")
        if path.startswith(f"/api/models/{self.repo}"):
            return self._send(call, json.dumps(self._about()).encode(), body)
        prefix = f"/{self.repo}/resolve/"
        name = path.removeprefix(prefix).partition("/")[2] if path.startswith(prefix) else ""
        if name not in self.files:
            return self._refuse(call, 404, "EntryNotFound")
        if self.elsewhere:
            call.send_response(302)
            call.send_header("Location", f"http://localhost:{self._server.server_port}/elsewhere/{name}")
            call.send_header("Content-Length", "0")
            call.end_headers()
            return None
        return self._file(call, name, body)

    def _about(self) -> dict[str, Any]:
        siblings = []
        for name, data in self.files.items():
            one: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": git_sha1(data)}
            if len(data) >= 1000:
                one["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
            siblings.append(one)
        return {
            "id": self.repo,
            "modelId": self.repo,
            "sha": COMMIT,
            "siblings": siblings,
            "private": False,
            "tags": [],
        }

    def _file(self, call: BaseHTTPRequestHandler, name: str, body: bool) -> None:
        data = self.files[name]
        if name == self.spoil:
            data = bytes(255 - b for b in data)
        start, mark = 0, f'"{hashlib.sha256(data).hexdigest()}"'
        if (wanted := call.headers.get("Range")) and self.ranges != "ignored" and self.if_range in ("", mark):
            start = int(wanted.removeprefix("bytes=").split("-")[0])
        if start and self.ranges == "refused":
            self._refuse(call, 416, "")
            return
        part = data[start:] + b"?" * self.too_much
        call.send_response(206 if start else 200)
        if self.too_much:
            call.send_header("Connection", "close")
            call.close_connection = True
        else:
            call.send_header("Content-Length", str(len(part)))
        call.send_header("ETag", mark)
        call.send_header("X-Repo-Commit", COMMIT)
        if start:
            call.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        call.end_headers()
        if body:
            self._body(call, part)

    def _body(self, call: BaseHTTPRequestHandler, part: bytes) -> None:
        stall, cut = 0 < self.stall_after < len(part), 0 < self.break_after < len(part)
        if not stall and not cut:
            call.wfile.write(part)
            return
        call.wfile.write(part[: self.stall_after if stall else self.break_after])
        call.wfile.flush()
        call.close_connection = True
        if stall:
            self.stall_after = 0 if self.stall_once else self.stall_after
            self._closing.wait(60)
        else:
            call.connection.shutdown(2)
            self.break_after = self.break_after if self.always_break else 0

    def _send(self, call: BaseHTTPRequestHandler, data: bytes, body: bool) -> None:
        call.send_response(200)
        call.send_header("Content-Type", "application/json")
        call.send_header("Content-Length", str(len(data)))
        call.end_headers()
        if body:
            call.wfile.write(data)

    def _refuse(self, call: BaseHTTPRequestHandler, status: int, code: str) -> None:
        call.send_response(status)
        if code:
            call.send_header("X-Error-Code", code)
        call.send_header("Content-Length", "0")
        call.end_headers()


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()
