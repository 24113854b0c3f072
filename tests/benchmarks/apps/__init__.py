"""ASGI applications to measure: the product, and what one would write with plain Channels."""

import django

django.setup()  # most of what they import needs the apps
