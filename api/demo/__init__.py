"""The product on real sample data: prepared, served, played through HTTP, and shown."""
