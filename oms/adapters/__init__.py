"""Edges to the outside world: the clock, chance, the database server, files, carriers."""
