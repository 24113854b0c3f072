"""What the pages share: who may open them, and that none comes from a cache."""

from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from syncengine import roles
from syncengine.http import View, door


def page(view: View) -> View:
    """A page for people who are signed in; never from a cache, since it shows live state."""
    safe: View = require_safe(never_cache(door()(view)))
    return safe


def audit_page(view: View) -> View:
    """A page for those who may read the history."""
    return page(door(roles.is_auditor)(view))
