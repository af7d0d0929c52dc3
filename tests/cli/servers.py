"""Servers that fail in ways that a real one cannot be made to, and a name server."""

import contextlib
import datetime
import itertools
import socket
import ssl
import struct
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

DAY = datetime.timedelta(days=1)


@contextlib.contextmanager
def serve(handle):
    """The port of a server that does this with each connection."""
    server = socket.create_server(("127.0.0.1", 0))
    open_ones = []

    def loop():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            open_ones.append(connection)
            with contextlib.suppress(OSError, ssl.SSLError):
                handle(connection)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()
        for connection in open_ones:
            connection.close()


def says(answer):
    """Answers what comes first, and hangs up."""

    def handle(connection):
        connection.recv(1024)
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    return handle


def begins(greeting):
    def handle(connection):
        connection.sendall(greeting)

    return handle


def silent(connection):
    pass


def mysql_error(number, text):
    body = b"\xff" + struct.pack("<H", number) + text.encode()
    return len(body).to_bytes(3, "little") + b"\0" + body


def mysql_without_tls():
    body = b"\x0a8.0.36\0" + b"\1\0\0\0" + b"x" * 8 + b"\0" + b"\xff\xf7" + b"\x2d\2\0" + b"\0" * 20
    return len(body).to_bytes(3, "little") + b"\0" + body


def message(kind, body):
    return kind + struct.pack(">I", len(body) + 4) + body


def error(state, text):
    return message(b"E", f"SFATAL\0VFATAL\0C{state}\0M{text}\0\0".encode())


def postgres(context, *answers):
    """TLS, and then one answer to each message."""

    def handle(connection):
        connection.recv(8)
        connection.sendall(b"S")
        with context.wrap_socket(connection, server_side=True) as tls:
            for answer in answers:
                tls.recv(65536)
                tls.sendall(answer)
            tls.unwrap()

    return handle


def packet(number, body):
    return len(body).to_bytes(3, "little") + bytes([number]) + body


def mysql_that_asks_for(context, plugin, heard):
    """Asks for the password of a plugin, and keeps what it is told."""
    greeting = b"\x0a8.0.36\0" + b"\1\0\0\0" + b"x" * 8 + b"\0" + b"\xff\xff\x2d\2\0"
    greeting += b"\xff\xff\x15" + b"\0" * 10 + b"x" * 12 + b"\0" + plugin.encode() + b"\0"

    def handle(connection):
        connection.sendall(packet(0, greeting))
        connection.recv(36)
        with context.wrap_socket(connection, server_side=True) as tls:
            heard.append(tls.recv(65536))
            tls.sendall(packet(3, b"\xfe" + plugin.encode() + b"\0" + b"x" * 20 + b"\0"))
            heard.append(tls.recv(65536))

    return handle


def certificate(folder, host, begin=-DAY, end=DAY):
    """A server's context, and the file with its authority."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def make(subject, issuer, key, signer, authority, first, last):
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + first)
            .not_valid_after(now + last)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if not authority:
            name = x509.SubjectAlternativeName([x509.DNSName(host)])
            builder = builder.add_extension(name, critical=False)
        return builder.sign(signer, hashes.SHA256())

    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    root = make("root", "root", keys[0], keys[0], True, -9 * DAY, 9 * DAY)
    leaf = make("leaf", "root", keys[1], keys[0], False, begin, end)
    pem = serialization.Encoding.PEM
    private = keys[1].private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "server.pem").write_bytes(leaf.public_bytes(pem) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, str(folder / "root.pem")


@contextlib.contextmanager
def full():
    """The port of a server whose queue is full: the system answers no further connection."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()[1]


@contextlib.contextmanager
def name_server(chain):
    """The address of a name server that answers with this chain of CNAMEs."""

    def name(text):
        return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"

    def answer(question):
        records = b""
        for owner, to in itertools.pairwise(chain):
            data = name(to)
            records += name(owner) + struct.pack(">HHIH", 5, 1, 60, len(data)) + data
        count = len(chain) - 1
        head = question[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, count, 0, 0)
        return head + question[12:] + records

    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def loop():
        while True:
            question, client = server.recvfrom(4096)
            if not question:
                return
            server.sendto(answer(question), client)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}"
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", server.getsockname())
        thread.join()
        server.close()
