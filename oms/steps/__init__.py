"""Steps of a transaction that several use cases share; each takes a `Work` and leaves the books in line."""
