"""From `Authorization: Bearer KEY` to an actor, out of memory."""

from starlette.requests import Request

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.refusals import Code, refuse
from oms.store.keys import ApiKey


def presented(request: Request) -> str:
    """The key that came with the request; empty without one."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def identify(request: Request, runtime: Runtime) -> tuple[ApiKey, Actor]:
    """Whose key the request carries. Raises Refused `unauthorised`; why exactly is nobody's business."""
    found = runtime.keys.open(presented(request))
    if found is None:
        raise refuse(Code.UNAUTHORISED, "Send a living API key as `Authorization: Bearer KEY`")
    return found
