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
    """200 while staff can sign in and read, else 503; why, `heed doctor` says to who keeps it running."""
    try:
        state = hands().desk.state()
        good = state.begun and not state.stopped and not hands().watch.failures()
    except (StoreAway, StoreRefused):
        good = False
    return JsonResponse({"ready": good}, status=200 if good else 503)
