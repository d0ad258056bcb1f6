"""Lists of one kind as arrays, which most statements are given, in a fraction of the time.

The driver looks at every element by itself and asks whether it has to be quoted. Of a list all of one kind
that can be said at once; what is neither goes the driver's way.
"""

from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.postgres import types as builtins
from psycopg.pq import Format
from psycopg.types.array import ListDumper


class Lists(ListDumper):
    """Registered for lists on every connection of `oms.store.database.connect`, whose encoding is UTF-8."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        """As an array literal."""
        kinds = set(map(type, obj))
        if kinds == {int}:
            return b"{%s}" % ",".join(map(str, obj)).encode()
        if kinds == {bool}:
            return b"{%s}" % ",".join(map("ft".__getitem__, obj)).encode()
        if kinds == {datetime} and all(at.tzinfo for at in obj):
            said = {at: f'"{at}"' for at in set(obj)}  # mostly the one of the transaction
            return b"{%s}" % ",".join(map(said.__getitem__, obj)).encode()
        if kinds and all(issubclass(kind, str) for kind in kinds):  # words of an enumeration too
            inner = '","'.join(obj)
            if "\\" not in inner and "\0" not in inner and inner.count('"') == 2 * (len(obj) - 1):
                return b'{"%s"}' % inner.encode()
        return super().dump(obj)


class Numbers(Dumper):
    """Registered likewise, for columns of whole numbers of 32 bits: one dimension, in the binary form."""

    format = Format.BINARY
    oid = builtins["int4"].array_oid

    def dump(self, obj: NDArray[np.int32]) -> Buffer | None:
        """Dimensions, flags, type; length, lower bound; then each element with its length."""
        assert obj.dtype == np.int32 and obj.ndim == 1
        elements = np.empty(obj.size, _ELEMENT)
        elements["bytes"], elements["value"] = obj.itemsize, obj
        head = np.array([1, 0, builtins["int4"].oid, obj.size, 1], ">i4")
        return head.tobytes() + elements.tobytes()


_ELEMENT = np.dtype([("bytes", ">i4"), ("value", ">i4")])
