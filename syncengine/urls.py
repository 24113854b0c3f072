from django.urls import path

from syncengine import downloads, metrics_page, views
from syncengine.export import FORMS

urlpatterns = [
    path("syncs/<uuid:operation_id>/cancel/", views.cancel, name="cancel"),
    path("syncs/<uuid:operation_id>/retry/", views.retry, name="retry"),
    path("syncs/<uuid:operation_id>/confirm/", views.confirm, name="confirm"),
    *(path(f"syncs/events.{form}", downloads.of_log, {"form": form}) for form in FORMS),
    *(
        path(f"syncs/<uuid:operation_id>/events.{form}", downloads.of_sync, {"form": form})
        for form in FORMS
    ),
    path("api/status", views.status, name="api-status"),
    path("api/events", views.events, name="api-events"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", metrics_page.metrics, name="metrics"),
]
