"""Whether this face can take what people tell, for whoever keeps it running; no content."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from heed.public.hands import hands
from heed.store.connection import StoreAway, StoreRefused


def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """Intake is ready while the database or the spool takes filings: 200, else 503."""
    held = hands()
    try:
        room = not held.spool.depth().full
    except OSError:
        room = False
    try:
        held.link.rows("SELECT 1")
        database = True
    except (StoreAway, StoreRefused):
        database = False
    # Anyone can ask this: how much waits would tell that somebody has just written.
    return JsonResponse(
        {"database": database, "spool_room": room}, status=200 if database or room else 503
    )
