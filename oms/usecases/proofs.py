"""Pictures that prove a delivery: they come up when the network lets them, and only who may see the stop sees
them.
"""

from __future__ import annotations

from hashlib import sha256 as digest_of
from typing import Any

from oms.adapters.pictures import media_type_of
from oms.courier.proof import BYTES_MOST, OF_A_STOP_MOST, Picture
from oms.courier.stop import Stop
from oms.refusals import Code, Fault, not_found, refuse
from oms.steps.at_work import lock
from oms.steps.couriering import asking, seen
from oms.steps.recording import ORDER
from oms.store.couriers import load_run, stop_of
from oms.store.people import customer_of
from oms.store.proofs import content_of, keep_picture, pictures_of
from oms.views.courier import picture_shown
from oms.work import Work


def keep_proof(work: Work, stop_id: str, sha256: str, content: bytes) -> tuple[dict[str, Any], bool]:
    """(the picture, whether it is new). The same bytes again change nothing. Raises Refused: not_found,
    unsupported_media_type for what is no JPEG or PNG, too_large, invalid for other bytes than the name says
    or too many, illegal_transition once the customer was erased.
    """
    stop = _seen(work, stop_id)
    media_type = _judged(sha256, content)
    order = lock(work, stop.order_id)
    have = pictures_of(work.conn, stop_id)
    before = next((one for one in have if one.sha256 == sha256), None)
    if before is not None:
        return picture_shown(before), False
    if order.customer_id is not None and customer_of(work.conn, order.customer_id) is None:
        raise refuse(Code.ILLEGAL_TRANSITION, "The customer was erased: nothing of the door is kept any more")
    if len(have) >= OF_A_STOP_MOST:
        raise refuse(Code.INVALID, f"A stop has at most {OF_A_STOP_MOST} pictures")
    picture = Picture(sha256, media_type, len(content), work.at)
    keep_picture(work.conn, stop_id, picture, content, work.actor.key_id)
    said = {"stop": stop.id, "fulfilment_order": stop.fulfilment_order, "run": stop.run_id}
    work.emit("stop.proof_kept", ORDER, stop.order_id, said | {"sha256": sha256})
    return picture_shown(picture), True


def read_proof(work: Work, stop_id: str, sha256: str) -> tuple[str, bytes]:
    """(media type, bytes). Raises Refused not_found, also for a stop of another courier or node."""
    found = content_of(work.conn, _seen(work, stop_id).id, sha256)
    if found is None:
        raise not_found("picture")
    return found


def _seen(work: Work, stop_id: str) -> Stop:
    stop = stop_of(work.conn, stop_id)
    run = load_run(work.conn, stop.run_id) if stop is not None and stop.run_id else None
    return seen(work, stop, asking(work, run))


def _judged(sha256: str, content: bytes) -> str:
    """The media type of bytes that are a picture and have this name."""
    if len(content) > BYTES_MOST:
        raise refuse(Code.TOO_LARGE, f"A picture has at most {BYTES_MOST >> 20} MiB")
    if digest_of(content).hexdigest() != sha256:
        detail = "The bytes have another SHA-256: send them again whole"
        raise refuse(Code.INVALID, detail, Fault("path/sha256", Code.INVALID, detail))
    found = media_type_of(content)
    if found is None:
        raise refuse(Code.UNSUPPORTED_MEDIA_TYPE, "Proof is a picture: send a JPEG or PNG")
    return found
