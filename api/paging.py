"""Lists: an opaque cursor, at most 200 at a time, a stable order, `Link: rel="next"`, no totals."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Query, Request, Response

from api.deps import reply
from oms.refusals import Code, Fault, refuse

T = TypeVar("T")

MOST = 200
LONGEST_CURSOR = 500


@dataclass(frozen=True)
class Page:
    """What part of a list is wanted. `after` is the sort key of the last row seen, or None at the start."""

    limit: int
    after: list[Any] | None

    def key(self, *kinds: type) -> list[Any] | None:
        """The sort key to continue after, or None. Refuses a cursor of another list: one of other kinds."""
        if self.after is None:
            return None
        if [type(value) for value in self.after] != list(kinds):
            raise foreign_cursor()
        return self.after


async def _page(
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many at most")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=LONGEST_CURSOR, description="From the `next` link of the page before")
    ] = None,
) -> Page:
    return Page(limit, None if cursor is None else _decode(cursor))


Paging = Annotated[Page, Depends(_page)]


def page_of(
    request: Request, page: Page, rows: Sequence[T], show: Callable[[T], Any], key: Callable[[T], list[Any]]
) -> Response:
    """Answer `{"items": […], "next": cursor or null}`. `rows` are one more than `page.limit` when there
    are more.

    `key` gives the sort key of a row: JSON scalars, unique together.
    """
    shown = rows[: page.limit]
    cursor = _encode(key(shown[-1])) if len(rows) > page.limit else None
    headers = {}
    if cursor is not None:
        headers["Link"] = f'<{request.url.include_query_params(cursor=cursor)}>; rel="next"'
    return reply({"items": [show(row) for row in shown], "next": cursor}, headers=headers)


def _encode(key: list[Any]) -> str:
    return urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def _decode(cursor: str) -> list[Any]:
    try:
        key = orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=="))
    except (UnicodeEncodeError, Base64Error, orjson.JSONDecodeError) as error:
        raise foreign_cursor() from error
    if not isinstance(key, list) or "\0" in str(key):
        raise foreign_cursor()
    return key


def foreign_cursor() -> Exception:
    """The "no" to a cursor that is not one of this list."""
    fault = Fault("query/cursor", "bad_cursor", "Not a cursor of this list")
    return refuse(Code.MALFORMED, "The cursor is not one of this list", fault)
