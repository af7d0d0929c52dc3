"""ElastiCache in front of a server of Redis or Valkey: takes TLS alone, verifies the token of each
AUTH and HELLO, and ends a connection some time after its last one.

Everything else goes to the server as it is. So does each AUTH, with a password that the server
knows if the token is right and one that it does not know if it is wrong: the replies stay in their
order, and what the server refuses, such as AUTH in a transaction, it refuses here too.
"""

import asyncio
import contextlib
import json
import ssl
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "standin"))

import verifier

# The password that the server knows, and one that it does not.
KNOWN, UNKNOWN = b"taken-by-the-front", b"refused-by-the-front"


class Connection:
    """One client and its connection to the server."""

    def __init__(self, folder, client, server):
        self.folder = folder
        self.reader, self.writer = client
        self.server_reader, self.server_writer = server
        self.authenticated_at = None

    async def run(self):
        parts = (self.to_server(), self.to_client(), self.end_in_time())
        tasks = [asyncio.ensure_future(part) for part in parts]
        _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in (self.writer, self.server_writer):
            writer.close()

    async def to_server(self):
        while command := await read_command(self.reader):
            self.server_writer.write(encode(self.judged(command)))
            await self.server_writer.drain()

    async def to_client(self):
        while data := await self.server_reader.read(65536):
            self.writer.write(data)
            await self.writer.drain()

    async def end_in_time(self):
        while True:
            await asyncio.sleep(0.02)
            longest = self.config()["longest"]
            if self.authenticated_at and time.monotonic() - self.authenticated_at > longest:
                self.log("ended a connection")
                return

    def judged(self, command):
        """The command with the password that says whether its token is right."""
        name = command[0].upper()
        words = [word.upper() for word in command]
        if name == b"AUTH" and len(command) == 3:
            at = 1
        elif name == b"HELLO" and b"AUTH" in words[2:]:
            at = words.index(b"AUTH", 2) + 1
        else:
            return command
        user, token = command[at : at + 2]
        is_right = self.verify(user.decode(errors="replace"), token.decode(errors="replace"))
        return [*command[: at + 1], KNOWN if is_right else UNKNOWN, *command[at + 2 :]]

    def verify(self, user, token):
        config = self.config()
        try:
            verifier.verify_cache(token, user, config["kind"], config["name"], config)
        except verifier.Refused as reason:
            self.log(f"refused {json.dumps(user)}: {reason}")
            return False
        self.authenticated_at = time.monotonic()
        self.log(f"accepted {json.dumps(user)}")
        return True

    def config(self):
        """Read each time, so that a test may change it."""
        return verifier.load_config(self.folder / "config.json")

    def log(self, line):
        verifier.append_line(self.folder / "front.log", line)


async def read_command(reader):
    """One array of strings, as clients send commands; nothing at the end."""
    line = await reader.readline()
    if not line:
        return None
    if line[:1] != b"*":
        raise ValueError("not a command")
    words = []
    for _ in range(int(line[1:])):
        length = await reader.readline()
        words.append((await reader.readexactly(int(length[1:]) + 2))[:-2])
    return words


def encode(words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        parts.append(b"$%d\r\n%b\r\n" % (len(word), word))
    return b"".join(parts)


async def serve(folder, sockets, listening):
    """One front for each of the servers' sockets; tells the ports of all."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls" / "valkey.pem", folder / "tls" / "valkey.key")

    async def front(path):
        async def accept(reader, writer):
            with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
                server = await asyncio.open_unix_connection(path)
                await Connection(folder, (reader, writer), server).run()

        return await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)

    servers = [await front(path) for path in sockets]
    listening([server.sockets[0].getsockname()[1] for server in servers])
    await asyncio.gather(*(server.serve_forever() for server in servers))
