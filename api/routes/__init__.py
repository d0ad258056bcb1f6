"""One module per room; each has a `router`, listed in `api/app.py`."""
