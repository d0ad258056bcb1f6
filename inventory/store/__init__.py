"""The stock of the pool as tables: what is where, what is promised, and every movement that made it so."""
