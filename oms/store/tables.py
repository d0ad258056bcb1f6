"""The tables oms owns, on the MetaData that inventory began."""

from inventory.store.tables import metadata

__all__ = ["metadata"]
