"""Who buys: one record across channels, however it is found again."""
