"""The public face as a web server runs it."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "heed.public.settings"

from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

from heed.public.pages import ASSETS

application = WhiteNoise(get_wsgi_application(), max_age=86400)
for _folder, _prefix in ASSETS:
    application.add_files(str(_folder), prefix=_prefix)
