from django.urls import path

from frontend import compare_page, logo, proof_page, replay_page, sync_page, views

urlpatterns = [
    path("", views.catalog, name="catalog"),
    path("albums/<uuid:album_id>/", views.album, name="album"),
    path("spotify-logo", logo.spotify_logo, name="spotify-logo"),
    path("syncs/proof/", proof_page.proof, name="proof"),
    path("syncs/proof/checkpoints.jsonl", proof_page.checkpoints_file, name="checkpoints-file"),
    path("syncs/proof/verify_export.py", proof_page.verifier, name="verifier"),
    path("syncs/compare/", compare_page.comparison, name="compare"),
    path("syncs/<uuid:operation_id>/", sync_page.sync, name="sync"),
    path("syncs/<uuid:operation_id>/replay/", replay_page.replay_page, name="replay"),
    path("api/syncs/<uuid:operation_id>/replay", replay_page.replay_events, name="replay-events"),
]
