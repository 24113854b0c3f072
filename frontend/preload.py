"""Every page, compiled before the first one is asked for."""

from pathlib import Path

from django.template.loader import get_template

TEMPLATES = Path(__file__).parent / "templates"


def compile_templates() -> None:
    """Compile all templates of this app; Django keeps them.

    A release is unpacked over the one before while that still answers. A process that compiled a
    page only then would show one of the new release, and fail over the files that it names.
    """
    for path in sorted(TEMPLATES.rglob("*.html")):
        get_template(path.relative_to(TEMPLATES).as_posix())
