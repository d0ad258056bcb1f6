"""Signatures of the Standard Webhooks specification 1.0: HMAC-SHA256 over id, instant and body."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"


def secret_of(key: bytes) -> str:
    """A key as receivers are given it: `whsec_` and base64. The specification wants 24 to 64 bytes."""
    assert 24 <= len(key) <= 64
    return PREFIX + b64encode(key).decode()


def signed_headers(secrets: Iterable[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers. One signature per secret, so that a receiver may know the old or the new one.

    `at` is the instant of this attempt, to the second: receivers refuse what is minutes old.
    """
    second = str(int(at.timestamp()))
    said = f"{message_id}.{second}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": second,
        "webhook-signature": " ".join(_signature(secret, said) for secret in secrets),
    }


def _signature(secret: str, said: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return "v1," + b64encode(hmac.digest(key, said, "sha256")).decode()
