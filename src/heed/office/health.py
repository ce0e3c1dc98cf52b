"""Whether this face can work, for whoever keeps it running; no content."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from heed.office.hands import hands
from heed.store.connection import StoreAway, StoreRefused


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 while staff can sign in and read, else 503; `closed`, where probes fail, names their codes."""
    closed: set[str] = set()
    try:
        closed = {failure.code for failure in hands().watch.failures()}
        state = hands().desk.state()
        told = {"database": True, "begun": state.begun, "stopped": state.stopped}
    except (StoreAway, StoreRefused):
        told = {"database": False, "begun": False, "stopped": False}
    good = told == {"database": True, "begun": True, "stopped": False} and not closed
    shown = told | ({"closed": sorted(closed)} if closed else {})
    return JsonResponse(shown, status=200 if good else 503)
