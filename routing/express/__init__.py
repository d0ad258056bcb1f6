"""Promises of plain baskets, compiled from the stock to the options: the checkout's way to `routing.promise`.

`routing.express.offer` is the door. The rules are those of `routing.promise_*`, which answers every basket,
explains and decides; here only what a customer is shown is worked out, and a basket that is not plain is
handed back. That both say the same of any basket is what `tests/routing/test_express.py` holds.
"""
