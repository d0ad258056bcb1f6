"""`ETag` and `If-Match` on editable resources: the tag is the version number.

An update without If-Match is accepted and the last writer wins, so that a nightly feed may simply put what it
knows; a person's editor sends If-Match and gets 412 `version_conflict` instead of overwriting a colleague.
"""

from typing import Annotated

from fastapi import Depends, Header

from oms.refusals import Code, Fault, refuse


def etag(version: int) -> dict[str, str]:
    """The header of an answer that shows version `version`."""
    return {"ETag": f'"{version}"'}


async def _expected(
    if_match: Annotated[
        str | None,
        Header(
            max_length=40,
            description="The ETag last seen; the update is refused when the resource has changed since",
            examples=['"3"'],
        ),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    tag = if_match.strip().removeprefix("W/").strip('"')
    if not (tag.isascii() and tag.isdigit() and len(tag) < 18):
        fault = Fault("header/if-match", "bad_format", "Send an ETag as it was received")
        raise refuse(Code.MALFORMED, "If-Match is not an ETag of ours", fault)
    return int(tag)


ExpectedVersion = Annotated[int | None, Depends(_expected)]
"""The version the caller means to change; None means whichever there is."""
