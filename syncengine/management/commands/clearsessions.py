"""Django's own command, whose app with its table for sessions is not installed."""

from django.contrib.sessions.management.commands.clearsessions import Command

__all__ = ["Command"]
