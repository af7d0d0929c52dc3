"""A registry of npm packages on loopback, so that npm chooses among what ships as it will choose
among what is published: by processor, C library and exact version."""

import base64
import hashlib
import http.server
import json
import tarfile
import threading
from pathlib import Path
from urllib.parse import unquote


class Registry:
    """Serves the .tgz files of some folders for as long as the block lasts."""

    def __init__(self, *folders: Path) -> None:
        self.documents: dict[str, dict[str, object]] = {}
        self.files: dict[str, Path] = {}
        self.asked: list[str] = []
        for folder in folders:
            for path in sorted(folder.glob("*.tgz")):
                self._add(path)

    def _add(self, path: Path) -> None:
        with tarfile.open(path) as packed:
            content = packed.extractfile("package/package.json")
            assert content is not None
            manifest = json.load(content)
        name, number = manifest["name"], manifest["version"]
        self.files[f"/-/{path.name}"] = path
        digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
        manifest["dist"] = {"tarball": path.name, "integrity": f"sha512-{digest}"}
        document = self.documents.setdefault(name, {"name": name, "versions": {}, "dist-tags": {}})
        document["versions"][number] = manifest  # type: ignore[index]
        document["dist-tags"]["latest"] = number  # type: ignore[index]

    def __enter__(self) -> str:
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.asked.append(self.path)
                if self.path in registry.files:
                    self._answer(200, registry.files[self.path].read_bytes())
                elif (name := unquote(self.path[1:])) in registry.documents:
                    text = json.dumps(registry.documents[name])
                    for known in registry.files:
                        file = known.removeprefix("/-/")
                        text = text.replace(f'"{file}"', f'"{registry.url}/-/{file}"')
                    self._answer(200, text.encode())
                else:
                    self._answer(404, b"{}")

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self.url

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
