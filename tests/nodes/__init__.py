"""What nodes do with fulfilment orders, and how the rest of the system reacts."""
