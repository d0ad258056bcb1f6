"""Couriers: runs, stops, events, what comes back."""
