"""Every setting, read once from the environment and `.env`; the README has a table of them.

An empty one is as good as none: that is how compose.yaml passes on what nobody wrote.
"""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from project.environment import (
    LEAST_TOKEN,
    LOOPBACK,
    address,
    are_loopback,
    close_to_others,
    database,
    env,
    flag,
    folder_of,
    hosts,
    is_hard_to_guess,
    is_loopback,
    number,
    one_of,
    origins,
    read_env_file,
)
from project.postgresql import with_limits
from project.redis import channel_layer
from project.secret_key import HOW, kept_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
# What is written is for this account alone: a database holds the keys of sessions.
os.umask(0o077)

read_env_file(BASE_DIR / ".env")

# Sources

GOOGLE_SHEETS_URL = env.str("GOOGLE_SHEETS_URL", "")
GOOGLE_SHEETS_ORIGIN = env.str("GOOGLE_SHEETS_ORIGIN", "") or "https://docs.google.com"
SPOTIFY_CLIENT_ID = env.str("SPOTIFY_CLIENT_ID", "")
SPOTIFY_CLIENT_SECRET = env.str("SPOTIFY_CLIENT_SECRET", "")
SPOTIFY_API_URL = env.str("SPOTIFY_API_URL", "") or "https://api.spotify.com/v1"
SPOTIFY_TOKEN_URL = env.str("SPOTIFY_TOKEN_URL", "") or "https://accounts.spotify.com/api/token"
SPOTIFY_IMAGE_ORIGINS = origins("SPOTIFY_IMAGE_ORIGINS", default=["https://i.scdn.co"])
SPOTIFY_LOGO_FILE = env.str("SPOTIFY_LOGO_FILE", "")
SPOTIFY_MARKET = env.str("SPOTIFY_MARKET", "")
SPOTIFY_CALLS_PER_30S = number("SPOTIFY_CALLS_PER_30S", 90, least=3)
SPOTIFY_DAILY_BUDGET = number("SPOTIFY_DAILY_BUDGET", 0, least=0)  # calls; 0: none
SPOTIFY_MAX_AGE = number("SPOTIFY_MAX_AGE", 24 * 60 * 60, least=0)  # seconds
DEMO_URL = env.str("DEMO_URL", "")

# Storage

DATABASES = {"default": database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'groovelog.sqlite3'}")}
ON_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if ON_SQLITE:
    DATABASE_DIR = folder_of(Path(DATABASES["default"]["NAME"]), "DATABASE_URL")
    close_to_others(Path(DATABASES["default"]["NAME"]))
    DATABASES["default"]["OPTIONS"] = {
        # The write lock is taken at BEGIN: a read that later becomes a write would otherwise fail
        # at once with SQLITE_BUSY, whatever the time-out.
        "transaction_mode": "IMMEDIATE",
        "timeout": 15,  # seconds
        # FULL: with NORMAL a power cut may take back the last commits, and browsers would hold
        # positions that the log no longer has.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"] = with_limits(DATABASES["default"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = address("REDIS_URL", ("redis", "rediss", "unix"))
IN_PROCESS = {"BACKEND": "channels.layers.InMemoryChannelLayer"}

CHECKPOINT_FILE = env.str("CHECKPOINT_FILE", "")
CHECKPOINT_WEBHOOK_URL = address("CHECKPOINT_WEBHOOK_URL", ("https", "http"))
CHECKPOINT_WEBHOOK_SECRET = env.str("CHECKPOINT_WEBHOOK_SECRET", "")

# Load and what is told of it

MAX_SOCKETS = number("MAX_SOCKETS", 2000, least=1)  # of browsers, in one web process
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
if METRICS_TOKEN and not is_hard_to_guess(METRICS_TOKEN):
    raise ImproperlyConfigured(
        f"METRICS_TOKEN could be guessed or cannot be sent: it needs {LEAST_TOKEN} letters, digits"
        " and the like. Make one by: openssl rand -hex 24"
    )
METRICS_PORT = number("METRICS_PORT", 0, least=0)  # of workers on their own; 0: none
# In brackets an address cannot be listened on.
METRICS_HOST = (env.str("METRICS_HOST", "") or "127.0.0.1").strip("[]")
if not is_loopback(METRICS_HOST) and not METRICS_TOKEN:
    raise ImproperlyConfigured(
        f"METRICS_HOST={METRICS_HOST} would show the metrics of workers to everybody."
        " Set METRICS_TOKEN, too, or unset METRICS_HOST."
    )
LOG_FORMAT = one_of("LOG_FORMAT", ("text", "json"))

# Safety

DEBUG = flag("DEBUG")
ALLOWED_HOSTS = hosts("ALLOWED_HOSTS", default=LOOPBACK)
CSRF_TRUSTED_ORIGINS = origins("CSRF_TRUSTED_ORIGINS", default=[])
if DEBUG and not are_loopback(ALLOWED_HOSTS, CSRF_TRUSTED_ORIGINS):
    raise ImproperlyConfigured(
        "DEBUG shows paths and source code to everybody, so it works on loopback only."
        " Unset DEBUG, or unset ALLOWED_HOSTS and CSRF_TRUSTED_ORIGINS."
    )
SECRET_KEY = env.str("SECRET_KEY", "")
if not SECRET_KEY and not ON_SQLITE:
    raise ImproperlyConfigured(
        "SECRET_KEY is required with a database server, because every process needs the same one,"
        f" wherever it runs. {HOW}"
    )
SECRET_KEY = SECRET_KEY or kept_secret_key(DATABASE_DIR / "secret_key")
CHANNEL_LAYERS = {"default": channel_layer(REDIS_URL, SECRET_KEY) if REDIS_URL else IN_PROCESS}

HTTPS = flag("HTTPS")
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [
        r"^(healthz|readyz|metrics)$"
    ]  # who asks inside the network speaks HTTP
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    # Both would bind names that are not ours. With includeSubDomains (W005) whoever serves this
    # from example.org would take every subdomain without HTTPS off the net, and of preload (W021)
    # https://hstspreload.org says that no project may ask for it by default. The operator's proxy
    # adds them where he wants them.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_ENGINE = "syncengine.sessions"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "project.errors.forged"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # bytes: a retry of 500 rows with long keys, and room
DEFAULT_EXCEPTION_REPORTER_FILTER = "project.tracebacks.WithoutValues"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", *SPOTIFY_IMAGE_ORIGINS],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "catalog"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or one try a while locks for ever
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "project.sign_in.locked_out"
AXES_CLIENT_IP_CALLABLE = "project.sign_in.counted_address"
AXES_USERNAME_CALLABLE = "project.sign_in.name_tried"
AXES_ENABLE_ADMIN = False  # its lists fall over filters that are no address
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False

# The parts

INSTALLED_APPS = [
    "project.apps.ProjectConfig",
    "frontend.apps.FrontendConfig",
    "syncengine.apps.SyncengineConfig",  # before channels: its `runworker` is ours
    "albums.apps.AlbumsConfig",
    "channels",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
]
MIDDLEWARE = [
    "project.gate.SecurityHeaders",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "project.errors.in_words",
    "project.gate.refuse_nonsense",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "frontend.context.site",
            ],
        },
    },
]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "project.static_files.HashedModulesStorage"},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "project.logs.OneLineFormatter"},
        "json": {"()": "project.logs.JsonFormatter"},
    },
    "filters": {
        "outages": {"()": "project.logs.OutagesInALine"},
        "refusals": {"()": "project.logs.RefusalsInALine"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["outages", "refusals"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "groovelog": {"level": "INFO"},
        # Programs want a line for each step of a sync; people look at its page.
        "groovelog.log": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},
        "django": {"handlers": []},  # its own would say everything again with DEBUG, unescaped
    },
}
