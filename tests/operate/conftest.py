"""The furnished world of the checkout tests."""

from tests.checkout.conftest import shop

__all__ = ["shop"]
