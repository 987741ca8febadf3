"""A browser's side of a bound session (docs/sign-in.md), written from the documents alone: RFC 9421 and RFC 9530."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SAFE = ("GET", "HEAD", "OPTIONS")

Auth = Callable[[requests.PreparedRequest], requests.PreparedRequest]


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """A P-256 key, and what signs requests once a session's key is agreed on."""

    def __init__(self) -> None:
        self.secret = ec.generate_private_key(ec.SECP256R1())
        self.point = self.secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.shown = base64url(self.point)

    def agreed(self, answer: dict[str, Any]) -> Auth:
        theirs = unbase64url(answer["public"])
        shared = self.secret.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
        salt = bytes.fromhex(answer["session"].removeprefix("ses_"))
        key = HKDF(SHA256(), 32, salt, b"rf1/bound" + self.point + theirs).derive(shared)
        return lambda request: signed(request, key)


def signed(request: requests.PreparedRequest, key: bytes) -> requests.PreparedRequest:
    parts = urlsplit(request.url or "")
    lines = [f'"@method": {request.method}', f'"@path": {parts.path}', f'"@query": ?{parts.query}']
    names = ['"@method"', '"@path"', '"@query"']
    if request.method not in SAFE:
        body = request.body or b""
        data = body.encode() if isinstance(body, str) else body
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"
        request.headers["Content-Digest"] = digest
        lines.append(f'"content-digest": {digest}')
        names.append('"content-digest"')
    nonce = base64url(secrets.token_bytes(16))
    given = f'({" ".join(names)});created={int(time.time())};nonce="{nonce}";alg="hmac-sha256"'
    lines.append(f'"@signature-params": {given}')
    mac = hmac.new(key, "\n".join(lines).encode(), hashlib.sha256).digest()
    request.headers["Signature-Input"] = f"rf={given}"
    request.headers["Signature"] = f"rf=:{base64.b64encode(mac).decode()}:"
    return request
