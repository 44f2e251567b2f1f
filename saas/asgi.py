"""The door for ASGI servers: `uvicorn saas.asgi:application`."""

import os
import signal
import sys
import threading

from django.core.asgi import get_asgi_application

from saas import env, static

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")
with env.refused_in_one_line():
    application = get_asgi_application()
static.complain()

# Once it has shut down, uvicorn raises the signal that told it to, which by default ends the process where it stands:
# a worker of the revocation list could not sign off, and the next revocation would wait for its lease.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
