"""The office face as a web server runs it."""

import os
import threading

os.environ["DJANGO_SETTINGS_MODULE"] = "heed.office.settings"

from django.core.wsgi import get_wsgi_application

from heed.office.hands import hands
from heed.office.pages import ASSETS
from heed.pages.drawing import served

application = served(get_wsgi_application(), ASSETS)

threading.Thread(
    target=hands().watch.run, args=(threading.Event(),), name="watch", daemon=True
).start()
