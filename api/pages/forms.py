"""What a form says, read to the letter; what cannot be meant is refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

import orjson
from fastapi import Request
from starlette.datastructures import UploadFile

from api.guard import StrictRequest
from api.pages.render import NO_CENTS
from oms.courier.proof import BYTES_MOST
from oms.refusals import Code, Fault, Refused, refuse

LARGEST = 256 * 1024
"""Bytes of a form."""
OURS = ("csrf", "once")
"""Fields that every form has and that say nothing about what is wanted."""


class Form:
    """Pairs of name and text. A name may stand there several times; blanks around a text do not count. A
    file's text is the SHA-256 of its bytes, which are in ``files``.
    """

    def __init__(
        self, pairs: Sequence[tuple[str, str]] = (), files: Sequence[tuple[str, bytes]] = ()
    ) -> None:
        self._pairs = [(name, text.strip()) for name, text in pairs]
        self._pairs += [(name, sha256(content).hexdigest()) for name, content in files]
        self.files = [content for _, content in files]

    def text(self, name: str) -> str:
        """The text, empty where there is none."""
        return next((text for found, text in self._pairs if found == name), "")

    def some(self, name: str) -> str | None:
        """The text, None where nothing was typed."""
        return self.text(name) or None

    def all(self, name: str) -> list[str]:
        """Every filled field of the name: boxes that were ticked."""
        return [text for found, text in self._pairs if found == name and text]

    def named(self, prefix: str) -> Iterator[tuple[str, str]]:
        """(rest of the name, text) of the filled fields called ``prefix:…``, as one asks for each line."""
        for name, text in self._pairs:
            head, colon, rest = name.partition(":")
            if head == prefix and colon and text:
                yield rest, text

    def number(self, name: str) -> int | None:
        """A whole number, None where nothing was typed. Raises Refused invalid."""
        return whole(self.text(name), name) if self.text(name) else None

    def decimal(self, name: str) -> float | None:
        """A number such as 1.5, None where nothing was typed. Raises Refused invalid."""
        text = self.text(name).replace(",", ".")
        if not text:
            return None
        before, _, after = text.removeprefix("-").partition(".")
        if not (_digits(before) and (not after or _digits(after))):
            raise _not(Code.INVALID, name, "Write a number such as 1.5")
        return float(text)

    def numbers(self, prefix: str) -> dict[str, int]:
        """Units by line, of the fields called ``prefix:LINE`` that are filled. Raises Refused invalid."""
        return {rest: whole(text, prefix) for rest, text in self.named(prefix)}

    def minor(self, name: str, currency: str) -> int | None:
        """Money as people write it, ``12.99``, in minor units. Raises Refused bad_amount."""
        text = self.text(name)
        if not text:
            return None
        whole_part, _, cents = text.replace(",", ".").partition(".")
        decimals = 0 if currency in NO_CENTS else 2
        if not _digits(whole_part) or len(cents) > decimals or (cents and not _digits(cents)):
            raise _not(Code.BAD_AMOUNT, name, f"Write an amount of {currency} such as 12.99")
        return int(whole_part + cents.ljust(decimals, "0"))

    def digest(self) -> bytes:
        """SHA-256 of what is wanted."""
        said = [pair for pair in self._pairs if pair[0] not in OURS]
        return sha256(orjson.dumps(said)).digest()


def whole(text: str, name: str) -> int:
    """The number of this text. Raises Refused invalid."""
    if not _digits(text):
        raise _not(Code.INVALID, name, "Write a whole number")
    return int(text)


async def form_of(request: Request, files: int = 0) -> Form:
    """The form that was sent, with at most so many ``files``. Raises Refused malformed for what no database
    keeps; 413 when it is too large.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        files = 0  # such a form holds text only
    sent = await StrictRequest(request, LARGEST + files * BYTES_MOST).form(max_files=files)
    pairs = [(name, text) for name, text in sent.multi_items() if isinstance(text, str)]
    uploads = [(name, one) for name, one in sent.multi_items() if isinstance(one, UploadFile) and one.size]
    if any("\0" in name + text for name, text in pairs):
        raise refuse(Code.MALFORMED, "Text may not hold the character U+0000")
    return Form(pairs, [(name, await one.read()) for name, one in uploads])


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12


def _not(code: Code, name: str, detail: str) -> Refused:
    return refuse(code, detail, Fault(f"/{name}", code, detail))
