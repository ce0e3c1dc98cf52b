"""What `tests.public.impatient` serves: the pages of the public face, behind a front of its own."""

from django.core.wsgi import get_wsgi_application

from heed.pages.front import Front
from heed.public import served  # noqa: F401  # it says which face Django is to be
from tests.public.impatient import PATIENCE

application = Front(get_wsgi_application(), patience=PATIENCE)
