"""The peer: a bare Django view that durably inserts three rows of the same bytes, and says so."""

import os
import uuid

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from psycopg.conninfo import conninfo_to_dict

_database = conninfo_to_dict(os.environ.get("PEER_DATABASE_URL", ""))
SIZES = tuple(int(size) for size in os.environ.get("PEER_SIZES", "1,1,1").split(","))
ROWS = [os.urandom(size) for size in SIZES]

settings.configure(
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="peer",
    ROOT_URLCONF=__name__,
    LOGGING_CONFIG=None,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _database.get("dbname"),
            "USER": _database.get("user"),
            "PASSWORD": _database.get("password"),
            "HOST": _database.get("host"),
            "PORT": _database.get("port", ""),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"server_side_binding": True},
        }
    },
)
django.setup()

from django.db import connection, transaction  # noqa: E402


def submit(request: HttpRequest) -> HttpResponse:
    """Read the form, insert three rows in one transaction, answer."""
    said = request.POST.get("form", "")
    key = uuid.uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        for number, row in enumerate(ROWS, 1):
            cursor.execute(
                f"INSERT INTO peer.row{number} (id, content) VALUES (%s, %s)", (key, row)
            )
    answer = f"<p>{len(said)} {key}</p>"
    return HttpResponse(answer, headers={"Content-Length": str(len(answer))})


def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok")


urlpatterns = [path("submit", submit), path("healthz", alive)]
application = get_wsgi_application()
