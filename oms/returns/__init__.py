"""Returns: what may come back, what arrived, what becomes of each unit, what is due for it. Pure."""
