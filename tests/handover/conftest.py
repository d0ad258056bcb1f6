"""The shop of the checkout tests."""

from tests.checkout.conftest import shop as shop
