"""More addresses of an emulator: as an older or a newer machine, over TLS, through a proxy."""

import contextlib
import select
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

# The names that the certificate is for; an asterisk stands for one label.
NAMES = [
    "IP:127.0.0.1",
    *(
        f"DNS:*.{name}"
        for name in (
            "us-east-1.amazonaws.com",
            "sso.us-east-1.amazonaws.com",
            "sso-fips.us-east-1.amazonaws.com",
            "us-east-1.api.aws",
            "sso.us-east-1.api.aws",
            "signin.aws.amazon.com",
            "amazonaws.com",
            "emulator.invalid",
        )
    ),
]
# A metadata service of the first version alone; one whose token says nothing about its life; all
# sources over TLS; and a proxy, which leads each CONNECT to those, whatever name it is for.
KINDS = ("imds-v1", "imds-no-ttl", "tls", "proxy")


class Door(ThreadingHTTPServer):
    """The same sources, modes and log as the emulator's own address."""

    daemon_threads = True

    def __init__(self, emulator, kind, handler, context=None):
        self.emulator, self.kind, self.context = emulator, kind, context
        super().__init__(("127.0.0.1", 0), handler)
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def __getattr__(self, name):
        return getattr(self.emulator, name)

    def get_request(self):
        connection, address = super().get_request()
        if self.context:
            # The handshake comes with the first read: a slow one holds up nobody else.
            options = {"server_side": True, "do_handshake_on_connect": False}
            connection = self.context.wrap_socket(connection, **options)
        return connection, address

    def handle_error(self, request, client_address):
        self.emulator.handle_error(request, client_address)

    def close(self):
        self.shutdown()
        self.server_close()


class Doors:
    """Opened when they are first asked for."""

    def __init__(self, emulator, handler):
        self.emulator, self.handler = emulator, handler
        self.folder = Path(tempfile.mkdtemp())
        self.lock = threading.Lock()
        self.open = {}

    def __getitem__(self, kind):
        if kind not in KINDS:
            raise KeyError(kind)
        with self.lock:
            if kind not in self.open:
                context = self.make_context() if kind == "tls" else None
                self.open[kind] = Door(self.emulator, kind, self.handler, context)
            return self.open[kind]

    @property
    def ca(self):
        """A PEM file with the CA of the certificates."""
        _ = self["tls"]
        return str(self.folder / "ca.pem")

    def make_context(self):
        make_certificate(self.folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return context

    def close(self):
        for door in self.open.values():
            door.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def make_certificate(folder):
    """A CA of its own, and a certificate by it; the command is there wherever Python's ssl is."""

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    days = ("-days", "2")
    (folder / "names").write_text(
        f"basicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\n"
        f"subjectAltName = {','.join(NAMES)}\n"
    )
    openssl(
        *("req", "-x509", *ec, *days, "-subj", "/CN=emulator CA"),
        *("-keyout", folder / "ca.key", "-out", folder / "ca.pem"),
    )
    openssl(
        *("req", *ec, "-subj", "/CN=emulator"),
        *("-keyout", folder / "server.key", "-out", folder / "server.csr"),
    )
    openssl(
        *("x509", "-req", "-in", folder / "server.csr", *days, "-CAcreateserial"),
        *("-CA", folder / "ca.pem", "-CAkey", folder / "ca.key"),
        *("-extfile", folder / "names", "-out", folder / "server.pem"),
    )


def tunnel(client, door):
    """Hands bytes on, both ways, until one side has ended."""
    with contextlib.suppress(OSError), socket.create_connection(door.server_address) as server:
        other = {client: server, server: client}
        while not door.stopped.is_set():
            for ready in select.select([client, server], [], [], 0.1)[0]:
                if not (some := ready.recv(1 << 16)):
                    return
                other[ready].sendall(some)
