"""The proof that goes with the renewal of an `aws login` session, and whether it is one (RFC 9449).

The signature is verified by `openssl`: Python's standard library has no elliptic curves.
"""

import base64
import json
import subprocess
import tempfile
import time
from pathlib import Path

# A key for tests, worth nothing anywhere else.
PRIVATE = """-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIE8jgFwZEdNCPpK+nnwb0N6CptjC06QQc0SwieIU0K6CoAoGCCqGSM49
AwEHoUQDQgAEWGkTKnwHMmD56fWnj/rGfeNYQ2lD+p5+9jCvVDpVC/WcgwN5QAXZ
vrTBKaDjr11RqFHNERC1NRymGTQdZXXnzQ==
-----END EC PRIVATE KEY-----
"""
PUBLIC = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWGkTKnwHMmD56fWnj/rGfeNYQ2lD
+p5+9jCvVDpVC/WcgwN5QAXZvrTBKaDjr11RqFHNERC1NRymGTQdZXXnzQ==
-----END PUBLIC KEY-----
"""


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def check(token, url, public):
    """ValueError tells what is wrong."""
    try:
        header, claims, signature = token.split(".")
        head, told = json.loads(decoded(header)), json.loads(decoded(claims))
    except ValueError:
        raise ValueError("it is no JWT") from None
    if (head.get("typ"), head.get("alg")) != ("dpop+jwt", "ES256"):
        raise ValueError("it is not of the right type")
    point = decoded(head["jwk"]["x"]) + decoded(head["jwk"]["y"])
    body = "".join(line for line in public.splitlines() if not line.startswith("-"))
    if base64.b64decode(body)[-64:] != point:
        raise ValueError("it names another key")
    if (told.get("htm"), told.get("htu")) != ("POST", url):
        raise ValueError(f"it is for {told.get('htm')} {told.get('htu')}, not for {url}")
    if abs(told.get("iat", 0) - time.time()) > 60 or not told.get("jti"):
        raise ValueError("it is of another time")
    verify(f"{header}.{claims}".encode(), decoded(signature), public)


def verify(signed, signature, public):
    with tempfile.TemporaryDirectory() as folder:
        key, proof, text = (Path(folder) / name for name in ("key", "proof", "text"))
        key.write_text(public)
        proof.write_bytes(in_der(signature))
        text.write_bytes(signed)
        command = ["openssl", "dgst", "-sha256", "-verify", key, "-signature", proof, text]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise ValueError("its signature is wrong")


def in_der(signature):
    def integer(raw):
        raw = raw.lstrip(b"\0") or b"\0"
        raw = b"\0" + raw if raw[0] & 0x80 else raw
        return bytes([2, len(raw)]) + raw

    if len(signature) != 64:
        raise ValueError("its signature is not of 64 bytes")
    both = integer(signature[:32]) + integer(signature[32:])
    return bytes([0x30, len(both)]) + both
