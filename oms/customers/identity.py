"""By what a customer is known again: e-mail, phone, the fingerprint of a card."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

SHORTEST_PHONE = 6
NATIONAL_DIGITS = 9
"""As many at the end make a number of any country; those before them differ by how it is dialled."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Personal data; stands in the customer table only. ``merged_into`` names the record that took it
    over.
    """

    id: str
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    locale: str | None = None
    version: int = 1
    merged_into: str | None = None


def digits(phone: str | None) -> str | None:
    """The number as it is compared: digits only, without the prefix of a call abroad. None for what is no
    number.
    """
    if phone is None:
        return None
    found = re.sub(r"\D", "", phone).removeprefix("00")
    return found if len(found) >= SHORTEST_PHONE else None


def recognised(email: str | None, by_email: Customer | None, by_phone: Sequence[Customer]) -> Customer | None:
    """The customer who buys again. The e-mail decides; a phone number does only where no e-mail speaks
    against it and it is one customer's alone.
    """
    if by_email is not None:
        return by_email
    fitting = [one for one in by_phone if email is None or one.email is None]
    return fitting[0] if len(fitting) == 1 else None
