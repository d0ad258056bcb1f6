"""Amounts by the unit, payments as facts, refunds that are due."""
