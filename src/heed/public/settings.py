"""The public face as Django sees it: no database, no session, no cookie, nothing kept of who is there."""

from pathlib import Path

from heed.core.quiet import quiet_log
from heed.pages.drawing import templates
from heed.public.hands import hands

_HERE = Path(__file__).resolve().parent

DEBUG = False
SECRET_KEY = hands().hand.form_key.hex()  # nothing is signed with it; Django wants one
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "heed.public.urls"
INSTALLED_APPS: list[str] = []
DATABASES: dict[str, object] = {}
MIDDLEWARE = [
    "heed.public.headers.Headers",
]
TEMPLATES = templates(_HERE, "heed.public.pages.environment")
USE_TZ = True
TIME_ZONE = "Europe/London"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
FILE_UPLOAD_HANDLERS = ["heed.pages.uploads.InMemory"]
APPEND_SLASH = False
# Nothing that a reporter sends, and nothing about where they are, may reach a log.
LOGGING_CONFIG = None
quiet_log("public")
