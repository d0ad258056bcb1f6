"""What an order costs by the unit, what was paid for it, and what is to be paid back."""
