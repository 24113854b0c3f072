"""The product's settings with another channel layer; see `tests.faults.lossy`."""

from project.settings import *  # noqa: F403
from project.settings import CHANNEL_LAYERS as _LAYERS

_LOSSY = "LossyRedis" if "redis" in _LAYERS["default"]["BACKEND"] else "LossyInMemory"
CHANNEL_LAYERS = {"default": _LAYERS["default"] | {"BACKEND": f"tests.faults.lossy.{_LOSSY}"}}
