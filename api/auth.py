"""From `Authorization: Bearer KEY` to an actor, out of memory."""

from starlette.requests import Request

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.refusals import Code, refuse
from oms.store.keys import ApiKey


def identify(request: Request, runtime: Runtime) -> tuple[ApiKey, Actor]:
    """Whose key the request carries. Raises Refused `unauthorised`; why exactly is nobody's business."""
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    found = runtime.keys.open(presented.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise refuse(Code.UNAUTHORISED, "Send a living API key as `Authorization: Bearer KEY`")
    return found
