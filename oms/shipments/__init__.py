"""Parcels that nodes hand over, and what their carriers say of them."""
