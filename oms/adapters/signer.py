"""Self-contained tokens: signed, long ones compressed; every process of the installation can read them and
nobody alter them."""

import hashlib
import hmac
from typing import Any

import orjson
from itsdangerous import BadData
from itsdangerous.encoding import base64_encode
from itsdangerous.url_safe import URLSafeSerializer

LONG = 4096
"""Bytes from which a token is compressed: below, that takes longer than all the rest of it."""


class BadToken(ValueError):
    """Not one of ours, cut short, altered, or made for another purpose."""


class _Json:
    """orjson in the shape itsdangerous asks for."""

    @staticmethod
    def dumps(document: Any, **_: Any) -> str:
        return orjson.dumps(document).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        return orjson.loads(text)


class Signer:
    """Signs with the newest of `keys`, accepts any of them. HMAC-SHA256."""

    def __init__(self, keys: list[str]) -> None:
        assert keys
        self._keys = keys
        self._serialisers: dict[str, URLSafeSerializer] = {}
        self._derived: dict[str, bytes] = {}

    def sign(self, purpose: str, document: Any) -> str:
        """A URL-safe token; `document` is JSON. The expiry belongs into the document, where refusals can
        read it."""
        return self.sign_json(purpose, orjson.dumps(document))

    def sign_json(self, purpose: str, document: bytes) -> str:
        """The same for what is JSON already."""
        if len(document) >= LONG:
            return str(self._for(purpose).dumps(orjson.loads(document)))
        key = self._derived.get(purpose)
        if key is None:
            stamp = self._for(purpose).make_signer()
            key = self._derived[purpose] = stamp.derive_key()
        value = base64_encode(document)
        return (value + b"." + base64_encode(hmac.digest(key, value, "sha256"))).decode()

    def read(self, purpose: str, token: str) -> Any:
        """The document of a token of ours made for `purpose`. Raises BadToken."""
        try:
            return self._for(purpose).loads(token)
        except (BadData, ValueError, RecursionError) as error:
            raise BadToken from error

    def code(self, purpose: str, subject: str) -> str:
        """Six digits that only this installation can say for the subject; nothing of it is stored."""
        return _digits(self._keys[-1], purpose, subject)

    def is_code(self, purpose: str, subject: str, code: str) -> bool:
        """Whether these are the digits, by any of the keys."""
        return any(hmac.compare_digest(_digits(key, purpose, subject), code) for key in self._keys)

    def _for(self, purpose: str) -> "URLSafeSerializer":
        if purpose not in self._serialisers:
            self._serialisers[purpose] = URLSafeSerializer(
                self._keys,
                salt=f"anyshelf {purpose}",
                serializer=_Json,
                signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
            )
        return self._serialisers[purpose]


def _digits(key: str, purpose: str, subject: str) -> str:
    said = f"anyshelf code {purpose}\0{subject}".encode()
    number = int.from_bytes(hmac.digest(key.encode(), said, "sha256")[:8])
    return f"{number % 1_000_000:06}"
