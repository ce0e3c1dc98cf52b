"""The office face as Django sees it: no database of its own, no accounts, no administration pages."""

import os
from pathlib import Path

from heed.core.quiet import quiet_log
from heed.office.hands import hands
from heed.pages.drawing import templates

_HANDS = hands()

DEBUG = False
SECRET_KEY = _HANDS.hand.web_key
ALLOWED_HOSTS = os.environ.get("HEED_OFFICE_HOSTS", "localhost 127.0.0.1 [::1]").split()
ROOT_URLCONF = "heed.office.urls"
INSTALLED_APPS: list[str] = []
DATABASES: dict[str, object] = {}
MIDDLEWARE = [
    "heed.office.headers.Headers",
    "heed.office.faults.Faults",
    "django.middleware.csrf.CsrfViewMiddleware",
]
TEMPLATES = templates(Path(__file__).resolve().parent, "heed.pages.drawing.environment")
USE_TZ = True
TIME_ZONE = "Europe/London"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
FILE_UPLOAD_HANDLERS: list[str] = ["heed.pages.uploads.InMemory"]

# Behind a proxy that speaks HTTPS and sets X-Forwarded-Proto itself: HEED_OFFICE_HTTPS=1.
HEED_HTTPS = os.environ.get("HEED_OFFICE_HTTPS", "") == "1"
if HEED_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Cookies do not know ports (RFC 6265 §8.5): names of our own keep two faces on one host apart.
_PREFIX = "__Host-" if HEED_HTTPS else ""
HEED_SESSION_COOKIE = _PREFIX + "heed_office"
CSRF_COOKIE_NAME = _PREFIX + "heed_office_form"
CSRF_COOKIE_AGE = None  # until the browser is closed
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = HEED_HTTPS
CSRF_FAILURE_VIEW = "heed.office.faults.not_our_form"

# Django's own logging quotes addresses, and exceptions that quote what was typed.
LOGGING_CONFIG = None
quiet_log("office")
