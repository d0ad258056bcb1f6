"""The way in over HTTP: problems, keys, limits, idempotency, events, the contract and who may what."""
