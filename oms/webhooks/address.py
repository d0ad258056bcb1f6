"""Where webhooks may be sent: web addresses, and the public part of the internet only.

Anyone who may register an endpoint could otherwise have this server ask machines that only it can reach.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

from oms.refusals import Code, Fault, Refused, refuse

LONGEST_URL = 2000
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_IPV4_COMPATIBLE = IPv6Network("::/96")


def public(address: str) -> bool:
    """Whether an address is one of the public internet: not private, loopback, link-local, shared, multicast
    or reserved, nor an IPv6 form that leads to such an IPv4 address.
    """
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        if parsed.scope_id is not None or parsed in _NAT64_LOCAL:
            return False
        inner = _embedded(parsed)
        if inner is not None:
            return _global(inner)
    return _global(parsed)


def read_url(text: str, private: bool) -> httpx.URL:
    """An endpoint's URL, taken apart. `private`: any port will do, as for a test receiver.

    Raises Refused `invalid`, which names what is wrong.
    """
    try:
        url = httpx.URL(text)
        port = url.port
    except (httpx.InvalidURL, ValueError) as error:
        raise bad_url("bad_url", "Not a URL; write https://host/path") from error
    if len(text) > LONGEST_URL or not text.isprintable() or " " in text:
        raise bad_url("bad_url", f"A URL has at most {LONGEST_URL} characters, no spaces and no control ones")
    if url.scheme not in ("http", "https"):
        raise bad_url("bad_scheme", "Only http and https; https unless you know the way is safe")
    if not url.host:
        raise bad_url("bad_url", "The URL names no host; write https://host/path")
    if url.userinfo:
        raise bad_url("credentials_in_url", "Leave user and password out; the signature says who sends")
    if url.fragment:
        raise bad_url("bad_url", "Leave the part after # out; it is never sent")
    if port is not None and not 0 < port < 65_536:
        raise bad_url("bad_port", "Ports go from 1 to 65535")
    if port is not None and not private and port not in (80, 443) and port < 1024:
        raise bad_url("bad_port", "Use port 80, 443, or one above 1023")
    return url


def bad_url(code: str, detail: str) -> Refused:
    """The "no" to an endpoint's URL."""
    return refuse(Code.INVALID, detail, Fault("/url", code, detail))


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this IPv6 address end at, where there is one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or address in _IPV4_COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _global(address: IPv4Address | IPv6Address) -> bool:
    closed = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or (isinstance(address, IPv6Address) and address.is_site_local)
    )
    return address.is_global and not closed
