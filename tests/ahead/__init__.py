"""Checkout with prices that look ahead."""
