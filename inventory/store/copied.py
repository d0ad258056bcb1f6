"""What a binary COPY sends: rows as bytes, without an object for each of their fields."""

from collections.abc import Iterator
from typing import cast

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import Connection

_HEADER_BYTES = 19  # signature, flags, length of the extension
_ARRAY_HEAD_BYTES = 20  # dimensions, flags, type, length, lower bound
_ELEMENT = np.dtype([("bytes", ">i4"), ("value", ">i4")])


def messages(conn: Connection, statement: str, *parameters: object) -> Iterator[bytes]:
    """The rows of a binary COPY, each a message: the number of fields, then each with its length."""
    driver = cast("psycopg.Connection[object]", conn.connection.driver_connection)
    begin = _HEADER_BYTES
    with driver.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        for part in copy:
            row = bytes(part)[begin:]
            begin = 0
            if row != b"\xff\xff":
                yield row


def wire(columns: np.dtype[np.void]) -> np.dtype[np.void]:
    """How rows of these integer columns are sent."""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name in columns.names or ():
        size = columns[name].itemsize
        fields += [(f"{name} bytes", ">i4"), (name, f">i{size}")]
    return np.dtype(fields)


def arrays(row: bytes) -> Iterator[NDArray[np.int32]]:
    """The fields of a row of integer arrays; nothing for those that are NULL."""
    at = 2
    while at < len(row):
        size = int.from_bytes(row[at : at + 4], "big", signed=True)
        at += 4
        if size > 0:
            count = (size - _ARRAY_HEAD_BYTES) // _ELEMENT.itemsize
            yield np.frombuffer(row, _ELEMENT, count, at + _ARRAY_HEAD_BYTES)["value"].astype(np.int32)
            at += size
