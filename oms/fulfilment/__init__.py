"""The work of nodes for orders: what may happen to it, and where it leaves the units."""
