"""Orders as values: quantities per stage, what is derived from them, and what may happen next."""
