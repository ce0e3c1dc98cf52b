"""Every address of the office face."""

from django.urls import path

from heed.office import faults, health, letter, queue, record, signing

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("sign-in", signing.sign_in, name="sign_in"),
    path("sign-out", signing.sign_out, name="sign_out"),
    path("records/<uuid:record>", record.record, name="record"),
    path("records/<uuid:record>/answer", record.answer, name="answer"),
    path("letters/new", letter.letter, name="letter"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]

handler400 = faults.unreadable
handler404 = faults.not_found
handler500 = faults.broken
