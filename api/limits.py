"""How much one key may ask for: a token bucket in the memory of each process, told in the headers of
draft-ietf-httpapi-ratelimit-headers-10. Checkout may empty the bucket; everything else stops at the reserve.
"""

from dataclasses import dataclass
from math import ceil

from oms.actors import Role
from oms.adapters.clock import elapsed_s
from oms.refusals import Code, Refusal
from oms.store.keys import ApiKey

WINDOW_S = 60
RESERVE = 0.2
"""Part of the bucket that only checkout may use."""

PER_MINUTE: dict[Role, int] = {
    Role.STOREFRONT: 300_000,
    Role.STAFF: 6_000,
    Role.COURIER: 3_000,
    Role.BACKOFFICE: 120_000,
    Role.ADMIN: 120_000,
}
"""A storefront key speaks for all customers of a shop, a staff key for one handheld."""

Headers = list[tuple[bytes, bytes]]


@dataclass
class Bucket:
    """`left` requests at the instant `at_s`; fills up evenly within the window."""

    quota: int
    left: float
    at_s: float
    policy: bytes

    def take(self, now_s: float, floor: float) -> float:
        """Take one request unless that would go below `floor`. The seconds to wait, 0 when taken."""
        rate = self.quota / WINDOW_S
        self.left = min(self.quota, self.left + (now_s - self.at_s) * rate)
        self.at_s = now_s
        if self.left - 1 < floor:
            return (floor + 1 - self.left) / rate
        self.left -= 1
        return 0.0


class Limits:
    """The buckets of all keys seen by this process."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def admit(self, key: ApiKey, checkout: bool) -> tuple[Headers, Refusal | None]:
        """Count one request: the headers to send, and the refusal when it is one too many."""
        quota = PER_MINUTE[key.role] if key.rate_per_minute is None else key.rate_per_minute
        bucket = self._buckets.get(key.id)
        if bucket is None or bucket.quota != quota:
            policy = b'"key";q=%d;w=%d' % (quota, WINDOW_S)
            bucket = self._buckets[key.id] = Bucket(quota, quota, elapsed_s(), policy)
        now_s = elapsed_s()
        floor = 0.0 if checkout else bucket.quota * RESERVE
        wait_s = bucket.take(now_s, floor)
        left = max(0, int(bucket.left - floor))
        reset_s = ceil((bucket.quota - bucket.left) * WINDOW_S / bucket.quota)
        headers = [
            (b"ratelimit-policy", bucket.policy),
            (b"ratelimit", b'"key";r=%d;t=%d' % (left, reset_s)),
        ]
        if wait_s == 0.0:
            return headers, None
        wait = {"retry_after_s": ceil(wait_s)}
        return headers, Refusal(Code.RATE_LIMITED, "Too many requests with this key; slow down", extra=wait)
