"""The public face as a web server runs it."""

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "heed.public.settings"

from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

from heed.public.pages import ASSETS
from heed.public.whole import Whole

_pages = get_wsgi_application()


def _whole(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        environ["wsgi.input"] = Whole(environ["wsgi.input"], int(length))
    return _pages(environ, start_response)


application = WhiteNoise(_whole, max_age=86400)
for _folder, _prefix in ASSETS:
    application.add_files(str(_folder), prefix=_prefix)
