"""A signer of the standard library alone, as one might write it by hand, with the signing key of
the day and the encoded session token kept.
"""

import hashlib
import hmac
import time
from urllib.parse import quote

from setting import HOST, PORT, REGION, USER

EMPTY = hashlib.sha256(b"").hexdigest()


class Signer:
    def __init__(self, key, secret, session):
        self.key = key
        self.secret = secret
        self.session = f"&X-Amz-Security-Token={quote(session, safe='')}" if session else ""
        self.day = self.signing_key = None

    def token(self):
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        day = stamp[:8]
        scope = f"{day}/{REGION}/rds-db/aws4_request"
        query = (
            f"Action=connect&DBUser={quote(USER, safe='')}&X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential={quote(f'{self.key}/{scope}', safe='')}&X-Amz-Date={stamp}"
            f"&X-Amz-Expires=900{self.session}&X-Amz-SignedHeaders=host"
        )
        canonical = f"GET\n/\n{query}\nhost:{HOST}:{PORT}\n\nhost\n{EMPTY}"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}"
        if day != self.day:
            self.signing_key, self.day = self.derive(day), day
        signature = hmac.digest(self.signing_key, to_sign.encode(), "sha256").hex()
        return f"{HOST}:{PORT}/?{query}&X-Amz-Signature={signature}"

    def derive(self, day):
        key = f"AWS4{self.secret}".encode()
        for part in (day, REGION, "rds-db", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        return key
