"""ASGI applications to measure: the product, and what one would write with plain Channels."""
