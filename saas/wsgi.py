"""The door for WSGI servers: `gunicorn saas.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from saas import env, loaded, static

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")
with env.refused_in_one_line():
    application = get_wsgi_application()
static.complain()
loaded.keep()
