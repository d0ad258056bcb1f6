"""Folders of CSV or Parquet files: the exchange format of samples, import, export and replay.

``read_folder(path) -> Folder``, or ``FolderRefused`` with every fault; ``write_folder(folder, path)`` writes
what ``read_folder`` reads back equal; ``explain_columns()`` lists columns, which are required, and defaults.
The values (``Folder`` and its tables, column by column) are described in ``folder_values``.
"""

from oms.adapters.folder_read import read_folder
from oms.adapters.folder_schema import ColumnNote, explain_columns
from oms.adapters.folder_values import (
    ANY_NODE,
    CLOSED,
    UNLIMITED,
    Calendars,
    Folder,
    FolderFault,
    FolderRefused,
    Known,
    Lanes,
    Lines,
    NetworkFile,
    Nodes,
    Orders,
    Replenishments,
    Returns,
    Skus,
    Stock,
    Tariffs,
    positions_of,
    told_apart,
)
from oms.adapters.folder_write import write_folder

__all__ = [
    "ANY_NODE",
    "CLOSED",
    "UNLIMITED",
    "Calendars",
    "ColumnNote",
    "Folder",
    "FolderFault",
    "FolderRefused",
    "Known",
    "Lanes",
    "Lines",
    "NetworkFile",
    "Nodes",
    "Orders",
    "Replenishments",
    "Returns",
    "Skus",
    "Stock",
    "Tariffs",
    "explain_columns",
    "positions_of",
    "read_folder",
    "told_apart",
    "write_folder",
]
