"""The pure parts: lifecycles whole, pauses within bounds, addresses and URLs judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from oms.machine import Machine
from oms.refusals import Code, Refused
from oms.webhooks.address import public, read_url
from oms.webhooks.lifecycle import (
    DELIVERY,
    ENDPOINT,
    DeliveryEvent,
    DeliveryState,
    EndpointEvent,
    EndpointState,
)
from oms.webhooks.retrying import LONGEST_S, REST_LONGEST_S, TRIP, backoff, rest
from oms.webhooks.signing import secret_of, signed_headers

E, V = EndpointState, EndpointEvent
D, W = DeliveryState, DeliveryEvent
TABLES: list[tuple[Any, type[StrEnum], type[StrEnum], dict[tuple[StrEnum, StrEnum], StrEnum]]] = [
    (
        ENDPOINT,
        EndpointState,
        EndpointEvent,
        {
            (E.ACTIVE, V.PAUSE): E.PAUSED,
            (E.ACTIVE, V.RESUME): E.ACTIVE,
            (E.ACTIVE, V.DISABLE): E.DISABLED,
            (E.PAUSED, V.PAUSE): E.PAUSED,
            (E.PAUSED, V.RESUME): E.ACTIVE,
            (E.PAUSED, V.DISABLE): E.DISABLED,
            (E.DISABLED, V.PAUSE): E.DISABLED,
            (E.DISABLED, V.RESUME): E.ACTIVE,
        },
    ),
    (
        DELIVERY,
        DeliveryState,
        DeliveryEvent,
        {
            (D.WAITING, W.ACCEPT): D.DELIVERED,
            (D.WAITING, W.FAIL): D.WAITING,
            (D.WAITING, W.GIVE_UP): D.GIVEN_UP,
            (D.WAITING, W.REPLAY): D.WAITING,
            (D.DELIVERED, W.REPLAY): D.WAITING,
            (D.GIVEN_UP, W.REPLAY): D.WAITING,
        },
    ),
]


@pytest.mark.parametrize(("machine", "states", "events", "allowed"), TABLES, ids=["endpoint", "delivery"])
def test_every_pair_of_state_and_event(
    machine: Machine[Any, Any],
    states: type[StrEnum],
    events: type[StrEnum],
    allowed: dict[tuple[StrEnum, StrEnum], StrEnum],
) -> None:
    for state in states:
        for event in events:
            if (state, event) in allowed:
                assert machine.step(state, event) is allowed[state, event]
            else:
                with pytest.raises(Refused) as refused:
                    machine.step(state, event)
                assert refused.value.refusal.code is Code.ILLEGAL_TRANSITION


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_pauses_grow_to_a_bound_and_never_shrink_below_half(attempts: int, chance: float) -> None:
    full = backoff(attempts, 0.0)
    assert full / 2 <= backoff(attempts, chance) <= full <= timedelta(seconds=LONGEST_S)
    assert full <= backoff(attempts + 1, 0.0)


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_an_endpoint_rests_after_many_failures_only(failures: int, chance: float) -> None:
    pause = rest(failures, chance)
    assert (pause is None) == (failures < TRIP)
    assert pause is None or timedelta(0) < pause <= timedelta(seconds=REST_LONGEST_S)


@settings(max_examples=40)
@given(st.binary(min_size=24, max_size=64), st.text(), st.from_regex(r"evt_[0-9a-f_]{1,40}", fullmatch=True))
def test_the_official_library_makes_the_same_signature(key: bytes, body: str, id: str) -> None:
    at = datetime(2026, 1, 13, 15, 0, 0, 999_999, tzinfo=UTC)
    ours = signed_headers([secret_of(key)], id, at, body.encode())
    said = body.encode().decode()
    assert ours["webhook-signature"] == Webhook(secret_of(key)).sign(id, at.replace(microsecond=0), said)
    assert ours["webhook-timestamp"] == str(int(at.timestamp()))


CLOSED = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "127.0.0.1", "127.255.255.254"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1"),
    *("198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1"),
    *("2001:db8::1", "2002:7f00:1::", "2002:a00:1::", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0"),
    *("fec0::1", "ff02::1", "2606:4700::1111%eth0"),
)
OPEN = (
    *("1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"),
    "64:ff9b::808:808",
)


@pytest.mark.parametrize("address", CLOSED)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", OPEN)
def test_addresses_that_are(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.com/", "bad_scheme"),
        ("file:///etc/passwd", "bad_scheme"),
        ("gopher://example.com/", "bad_scheme"),
        ("javascript:alert(1)", "bad_scheme"),
        ("example.com/hook", "bad_scheme"),
        ("https:///hook", "bad_url"),
        ("https://user:secret@example.com/", "credentials_in_url"),
        ("https://user@example.com/", "credentials_in_url"),
        ("https://example.com/#part", "bad_url"),
        ("https://example.com:22/", "bad_port"),
        ("https://example.com:25/", "bad_port"),
        ("https://example.com:0/", "bad_port"),
        ("https://example.com:99999/", "bad_port"),
        ("https://example.com:x/", "bad_url"),
        ("https://example.com/a b", "bad_url"),
        ("https://example.com/\r\nHost: other", "bad_url"),
        ("https://[::1/", "bad_url"),
        ("https://exa mple.com/", "bad_url"),
        ("https://" + "a" * 2000, "bad_url"),
        ("", "bad_scheme"),
    ],
)
def test_urls_that_cannot_be_meant(url: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_url(url, private=False)
    assert [(fault.pointer, fault.code) for fault in refused.value.refusal.faults] == [("/url", code)]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://example.com:8080/a?b=c",
        "https://bücher.example/",
        "https://[2606:4700:4700::1111]:8443/",
    ],
)
def test_urls_that_can(url: str) -> None:
    assert read_url(url, private=False).host


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_any_text_is_a_url_or_refused_by_name(text: str) -> None:
    for given_text in (text, "https://" + text):
        try:
            read_url(given_text, private=False)
        except Refused as refused:
            assert refused.refusal.code is Code.INVALID
