from django.urls import path

from syncengine import views

urlpatterns = [
    path("syncs/<uuid:operation_id>/cancel/", views.cancel, name="cancel"),
    path("syncs/<uuid:operation_id>/retry/", views.retry, name="retry"),
    path("syncs/<uuid:operation_id>/confirm/", views.confirm, name="confirm"),
    path("api/status", views.status, name="api-status"),
    path("api/events", views.events, name="api-events"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
