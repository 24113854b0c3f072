"""The product's settings in a process that counts its queries; see `tests.faults.counting`."""

from project.settings import *  # noqa: F403
from project.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.faults.counting.CountingConfig"]
