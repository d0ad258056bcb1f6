"""Couriers: runs and their stops, what a phone reports, and what that does to an order."""
