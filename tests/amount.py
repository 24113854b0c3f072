"""How many examples a property is tried on."""

from hypothesis import settings

USUAL = 100  # what hypothesis tries where nobody says anything


def examples(number: int) -> int:
    """So many as a rule, ten times as many with `--all-faults`."""
    return number * settings.default.max_examples // USUAL
