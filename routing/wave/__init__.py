"""Many orders at once: one plan each, sharing stock and node capacity, with a certified gap."""
