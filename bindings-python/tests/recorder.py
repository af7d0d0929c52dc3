"""A server without TLS that asks for a clear-text password and keeps all it is sent."""

import socket
import struct
import threading
from typing import Any


class Recorder:
    """Speaks just enough of one protocol, "postgresql" or "mysql", on a port of 127.0.0.1."""

    def __init__(self, protocol: str) -> None:
        self.received = b""
        self.connections = 0
        self._speak = {"postgresql": self._postgresql, "mysql": self._mysql}[protocol]
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Recorder":
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            client.settimeout(2)
            with client:
                try:
                    self._speak(client)
                    while self._receive(client):
                        pass
                except OSError:
                    continue

    def _receive(self, client: socket.socket) -> bytes:
        data = client.recv(65536)
        self.received += data
        return data

    def _postgresql(self, client: socket.socket) -> None:
        startup = self._receive(client)
        while startup[4:8] in (struct.pack("!I", 80877103), struct.pack("!I", 80877104)):
            client.sendall(b"N")  # neither TLS nor GSSAPI
            startup = self._receive(client)
        if startup:
            client.sendall(b"R" + struct.pack("!II", 8, 3))  # the password, please, in clear

    def _mysql(self, client: socket.socket) -> None:
        # All capabilities but TLS (0x800); the plug-in is one that needs the password in clear.
        capabilities = 0x00BFF7FF & ~0x800 & ~0x20
        plugin = b"mysql_clear_password\0"
        greeting = b"\x0a8.0.36\0" + struct.pack("<I", 1) + b"12345678\0"
        greeting += struct.pack("<H", capabilities & 0xFFFF) + b"\x2d" + struct.pack("<H", 2)
        greeting += struct.pack("<H", capabilities >> 16) + b"\x15" + bytes(10)
        greeting += b"123456789012\0" + plugin
        client.sendall(struct.pack("<I", len(greeting))[:3] + b"\0" + greeting)
        answer = self._receive(client)
        if answer:
            switch = b"\xfe" + plugin
            number = bytes([answer[3] + 1])
            client.sendall(struct.pack("<I", len(switch))[:3] + number + switch)
