"""The public face as a web server runs it."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "heed.public.settings"

from django.core.wsgi import get_wsgi_application

from heed.pages.drawing import served
from heed.public.pages import ASSETS

application = served(get_wsgi_application(), ASSETS)
