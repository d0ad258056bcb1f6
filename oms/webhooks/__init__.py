"""Webhooks: what is signed, when it is tried again, when an endpoint is given up. Pure."""
