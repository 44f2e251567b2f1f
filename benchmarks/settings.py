"""Our settings with the rivals installed beside us: the same database, Redis, middleware and view for everybody.

Each rival is as it comes, save where a comment says otherwise.
"""

from datetime import timedelta

from saas import env
from saas.settings import *

ROOT_URLCONF = "benchmarks.urls"
WSGI_APPLICATION = "benchmarks.wsgi.application"
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.sessions",
    "rest_framework.authtoken",
    "knox",
    "oauth2_provider",
    "allauth.headless",
]

# simplejwt: HS256 under SECRET_KEY. Tokens outlast the run; its refresh rotates and blacklists, as ours does.
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=1),
    "ROTATE_REFRESH_TOKENS": env.flag("BENCH_ROTATES", default=True),
    "BLACKLIST_AFTER_ROTATION": env.flag("BENCH_ROTATES", default=True),
}
OAUTH2_PROVIDER = {"SCOPES": {"profile": "Who it acts for", "introspection": "Ask about tokens"}}
HEADLESS_JWT_PRIVATE_KEY = env.text("BENCH_RSA_KEY").replace("|", "\n")
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 3600

# Django's cached_db engine and the Redis GET use a cache without our fallback to memory.
CACHES["plain"] = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": REDIS_URL}
SESSION_CACHE_ALIAS = "plain"

# A whole server on Django's own sessions.
if env.text("BENCH_SESSION_ENGINE"):
    SESSION_ENGINE = env.text("BENCH_SESSION_ENGINE")
    MIDDLEWARE = [
        {
            "accounts.middleware.SessionMiddleware": "django.contrib.sessions.middleware.SessionMiddleware",
            "accounts.middleware.AuthenticationMiddleware": "django.contrib.auth.middleware.AuthenticationMiddleware",
        }.get(name, name)
        for name in MIDDLEWARE
        if name != "dashboard.middleware.SecondFactorMiddleware"  # asks our sessions
    ]

# Thousands of refusals are asked for here, and are not news.
LOGGING["loggers"] = {"django": {"level": "ERROR"}}
