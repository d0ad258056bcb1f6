"""Where what stands in the few arrays that the compiled loop shares with its caller."""

RULE, FIRST, LAST, EXACT_STEPS, ROUNDS, SEED, PENALTY = range(7)
"""What ``say`` asks: orders from FIRST to LAST, steps of the exact kernel, rounds of ``blocks`` beyond them,
PENALTY in minor units a unit.
"""
PARCELS, TAKES, ROOM, REJECTED, RELAXED, LARGE = range(7, 13)
"""What ``say`` tells: rows of ``parcels`` and ``takes`` so far, scratch needed, units not on their shelf,
decisions beyond the exact kernel. RELAXED is asked: stock stays as it is.
"""
DIVISOR, PARCEL_MINOR, LATE_MINOR, BREADTH_MINOR, REJECT_RATE, VALUE = range(6)
"""``felt``: weights, and the value of a relaxed pass."""
ORDER, NODE, DAY, ARRIVES, GRAMS, TRANSPORT, TAKEN = range(7)
"""Columns of ``parcels``. DAY it leaves and ARRIVES are days of the stream; its takes end at TAKEN."""

BY_COST = 100
"""The rule that looks at cost: the exact engine, with whatever prices there are."""
WEIGHED = 50
"""Orders between two weighings of the nodes' breadth."""
