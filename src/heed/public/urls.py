"""Every address of the public face."""

from django.urls import path

from heed.public import back, faults, health, linked, published, tell

urlpatterns = [
    path("", tell.start, name="start"),
    path("tell", tell.tell, name="tell"),
    path("return", back.come_back, name="return"),
    path("thread", back.thread, name="thread"),
    path("file", back.file, name="file"),
    path("proof", back.proof, name="proof"),
    path("r/<str:address>", linked.link, name="link"),
    path("referral", linked.come_back, name="referral"),
    path("referral/open", linked.opened, name="referral-open"),
    path("referral/answer", linked.answered, name="referral-answer"),
    path("log/<path:name>", published.published, name="published"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]

handler400 = faults.too_long
handler404 = faults.not_found
handler500 = faults.broken
