"""All settings, in the order a request meets things. The environment is read through saas.env."""

from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF

from saas import env

BASE_DIR = env.BASE_DIR

# --- Who we are -------------------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=env.is_laptop())
PORT = env.number("PORT", 8000, least=1, most=65535)
ISSUER = env.issuer("ISSUER", f"http://127.0.0.1:{PORT}", development=DEBUG)
IS_HTTPS = ISSUER.startswith("https://")
SECRET_KEY = env.secret("SECRET_KEY", development=DEBUG)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
KEY_ENCRYPTION_KEYS = env.encryption_keys("KEY_ENCRYPTION_KEYS", development=DEBUG)

ROOT_URLCONF = "saas.urls"
WSGI_APPLICATION = "saas.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "csp",
    "django_htmx",  # for its static files
    # Ours come before allauth and the admin, whose templates some of ours replace.
    "dashboard",
    "integrations",
    "accounts",
    "saas",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.admin",
]

# --- A request arrives: host, transport, headers ----------------------------------------------------------------------
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", env.host_of(ISSUER)) + (["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
# How many proxies of ours stand in front. None: X-Forwarded-For and -Proto are a visitor's words, and are ignored.
TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0, least=0, most=10)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# What whoever reads /metrics from another machine shows; none: nobody may.
METRICS_TOKEN = env.token("METRICS_TOKEN")
# Place names for addresses, from a GeoLite2 or GeoIP2 file (City or Country). None: addresses alone.
GEOIP_PATH = env.geoip("GEOIP_PATH")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # bytes; nothing here takes a file
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

MIDDLEWARE = [
    "saas.health.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "saas.whole.WholeRequest",
    "accounts.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "saas.once.EachFieldOnce",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.middleware.SecondFactorMiddleware",
    "dashboard.middleware.NotAllowedMiddleware",
]

# --- A person: their session ------------------------------------------------------------------------------------------
SESSION_ENGINE = "accounts.sessions"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
# NIST SP 800-63B-4, AAL2: an hour idle, a day in all. Both are held by the server, whatever the cookie says.
SESSION_IDLE_AGE = env.number("SESSION_IDLE_SECONDS", 3600, least=1, most=86_400 * 30)
SESSION_COOKIE_AGE = env.number("SESSION_SECONDS", 86_400, least=1, most=86_400 * 30)
# "Remember me", for whoever is not staff.
SESSION_REMEMBERED_IDLE_AGE = env.number("SESSION_REMEMBERED_IDLE_DAYS", 14, least=1, most=90) * 86_400
SESSION_REMEMBERED_AGE = env.number("SESSION_REMEMBERED_DAYS", 30, least=1, most=90) * 86_400
SESSION_COOKIE_NAME = "__Host-sessionid" if IS_HTTPS else "sessionid"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrftoken" if IS_HTTPS else "csrftoken"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "dashboard.errors.csrf_failure"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600  # seconds
LOGIN_URL = "/accounts/login/"
PASSWORD_RESET_URL = f"{ISSUER}/accounts/password/reset/"
LOGIN_REDIRECT_URL = "/dashboard/"
LOGOUT_REDIRECT_URL = "/accounts/login/"

ACCOUNT_ADAPTER = "dashboard.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_FORMS = {
    "signup": "dashboard.forms.SignUpForm",
    "login": "dashboard.forms.SignInForm",
    "reset_password": "dashboard.forms.ResetForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.credentials.PasswordResetTokenGenerator"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {"login_by_passkey": "60/m/ip"}  # questions for its options; besides allauth's own
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_HTTPS else "http"

# --- ... and their second factor --------------------------------------------------------------------------------------
MFA_ADAPTER = "dashboard.second_factors.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"  # "required" for a passkey that signs in by itself
MFA_TOTP_TOLERANCE = 0  # a code is good for its own 30 seconds
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs in without a verified one; a new one is verified before it counts
MFA_FORMS = {
    "authenticate": "dashboard.second_factors.AuthenticateForm",
    "reauthenticate": "dashboard.second_factors.ReauthenticateForm",
    "activate_totp": "dashboard.second_factors.ActivateForm",
    "add_webauthn": "dashboard.second_factors.AddPasskeyForm",
    "login_webauthn": "dashboard.second_factors.SignInByPasskeyForm",
    "authenticate_webauthn": "dashboard.second_factors.AuthenticateByPasskeyForm",
    "reauthenticate_webauthn": "dashboard.second_factors.ReauthenticateByPasskeyForm",
}
MFA_TRUST_ENABLED = True  # "do not ask in this browser again": until any revocation of the user's
MFA_TRUST_COOKIE_NAME = "__Host-mfa_trusted" if IS_HTTPS else "mfa_trusted"
MFA_TRUST_COOKIE_AGE = timedelta(days=14)
KNOWN_BROWSER_COOKIE_NAME = "__Host-known_browser" if IS_HTTPS else "known_browser"

# --- A third party: its tokens ----------------------------------------------------------------------------------------
# The list remembers for as long as any worker's tokens may live: two settings are in use while one takes the other's
# place, and each worker forgets for all.
LONGEST_ACCESS_TOKEN_AGE = 900  # seconds
ACCESS_TOKEN_AGE = env.number("ACCESS_TOKEN_SECONDS", 300, least=1, most=LONGEST_ACCESS_TOKEN_AGE)
REFRESH_TOKEN_AGE = env.number("REFRESH_TOKEN_DAYS", 30, least=1, most=365) * 86_400  # seconds
GRANT_AGE = env.number("GRANT_DAYS", 365, least=1, most=3650) * 86_400  # seconds; no refresh moves it
AUTHORIZATION_CODE_AGE = 60  # seconds
DEVICE_CODE_AGE = 600  # seconds in which a person may type in what a device shows
REFRESH_REPLAY_AGE = 10  # seconds in which the token just replaced gets the same answer again
JWKS_MAX_AGE = 300  # seconds that others may keep our public keys; a new one is published twice that before it signs
SIGNING_ALGORITHM = env.choice("SIGNING_ALGORITHM", "ES256", {"ES256", "EdDSA", "RS256"})
AUDIENCE = f"{ISSUER}/api"
# How many verified tokens a worker remembers, so as not to check a signature twice; and in how many bytes at most.
VERIFIED_TOKENS = env.number("VERIFIED_TOKENS", 10_000, least=0, most=1_000_000)
VERIFIED_TOKENS_BYTES = 2_000 * VERIFIED_TOKENS
# A worker asks the database so often whether there is something new to refuse, and trusts its answer for so long.
# A lease of 0, or no Redis: every request asks the database, and nobody needs to be waited for.
REVOCATION_POLL_SECONDS = env.number("REVOCATION_POLL_SECONDS", 0.5, least=0.05, most=10)
REVOCATION_LEASE_SECONDS = env.number("REVOCATION_LEASE_SECONDS", 2.0, least=0, most=30)

# How often, as (number, seconds). Client secrets cannot be guessed, so these keep order rather than secrets. Whoever
# signs in with a password is counted by allauth, by address and by account, on every path that leads in.
RATES = {
    "client": (60_000, 60),  # requests of one client at the OAuth endpoints; of a public one, from one address
    "client-failures": (30, 60),  # as one client, from one address
    "source-failures": (600, 60),  # as whichever client, from one address
    "api": (12_000, 60),  # calls of one client
    "revocations": (600, 60),  # demands of one client that something end: they take turns, and are kept
    "device-codes": (60, 60),  # devices that begin, from one address
    "user-code": (10, 60),  # codes of devices that one person types in
}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["integrations.authentication.AccessTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["integrations.scopes.HasRequiredScopes"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["integrations.api.parsers.JSON"],
    "DEFAULT_SCHEMA_CLASS": "integrations.api.openapi.Schema",
    "URL_FORMAT_OVERRIDE": None,  # there is one format
    "EXCEPTION_HANDLER": "integrations.errors.problem",
    "UNAUTHENTICATED_USER": None,
}

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Portcullis",
    "VERSION": "1",
    "SERVERS": [{"url": ISSUER}],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # In the order of integrations.api.urls, and of the serializers.
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    # Where several answers have a field of the same choices, or of the same name.
    "ENUM_NAME_OVERRIDES": {
        "RevocationCauseEnum": "accounts.models.Cause",
        "KindEnum": "accounts.models.SecurityEvent.Kind",
    },
}

# --- What they are shown ----------------------------------------------------------------------------------------------
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG  # no collectstatic on a laptop
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "saas.static.CollectedFiles"
    },
}
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

# --- Where it is kept -------------------------------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{env.VAR_DIR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis("REDIS_URL")
# The cache counts sign-in attempts and nothing else: nobody is let in because of what it says.
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "saas.cache.RedisOrMemory",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "portcullis",
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": 0.25,
            "SOCKET_TIMEOUT": 0.25,
        },
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

DEMO_FILE = env.text("DEMO_FILE", str(env.VAR_DIR / "demo.json"))

# --- How it speaks to its people --------------------------------------------------------------------------------------
vars().update(env.email("EMAIL_URL", "consolemail://" if DEBUG else "smtp://localhost:25"))
if vars()["EMAIL_BACKEND"] == "django.core.mail.backends.console.EmailBackend":
    EMAIL_BACKEND = "saas.mail.Printed"
DEFAULT_FROM_EMAIL = env.address("DEFAULT_FROM_EMAIL", "Portcullis <no-reply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 10  # seconds

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"mask_links": {"()": "saas.logs.MaskLinks"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["mask_links"]}},
    "loggers": {"django": {"handlers": []}},  # or its own handler would say everything a second time
    "root": {"handlers": ["console"], "level": env.choice("LOG_LEVEL", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR"})},
}
