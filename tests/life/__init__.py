"""The whole life of an order, over HTTP only."""
