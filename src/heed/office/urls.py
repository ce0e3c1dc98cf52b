"""Every address of the office face."""

from django.urls import path

from heed.office import (
    custody,
    duty,
    faults,
    files,
    handing_over,
    health,
    letter,
    oversight,
    people,
    queue,
    record,
    restricting,
    signing,
    ties,
    units,
)

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("sign-in", signing.sign_in, name="sign_in"),
    path("sign-out", signing.sign_out, name="sign_out"),
    path("records/<uuid:record>", record.record, name="record"),
    path("records/<uuid:record>/answer", record.answer, name="answer"),
    path("records/<uuid:record>/restrict", restricting.person, name="restrict_person"),
    path("records/<uuid:record>/restrict-unit", restricting.unit, name="restrict_unit"),
    path("records/<uuid:record>/hand-over", handing_over.hand_over, name="hand_over"),
    path("records/<uuid:record>/take-back", handing_over.take_back, name="take_back"),
    path("waiting", handing_over.waiting, name="waiting"),
    path("waiting/<uuid:record>", handing_over.taking, name="taking"),
    path("waiting/<uuid:record>/accept", handing_over.accept, name="accept"),
    path("waiting/<uuid:record>/decline", handing_over.decline, name="decline"),
    path("records/<uuid:record>/files", files.add, name="files_add"),
    path("records/<uuid:record>/files/<uuid:file>", files.give, name="file"),
    path("records/<uuid:record>/files/<uuid:file>/flag", files.flag, name="file_flag"),
    path("letters/new", letter.letter, name="letter"),
    path("ties/new", ties.tie, name="tie"),
    path("ties", ties.recorded, name="tie_recorded"),
    path("people", people.people, name="people"),
    path("people/new", people.new_person, name="person_new"),
    path("people/<uuid:person>", people.person, name="person"),
    path("people/<uuid:person>/unit", people.move_person, name="person_move"),
    path("people/<uuid:person>/end", people.end_employment, name="person_end"),
    path("people/<uuid:person>/posts", people.set_posts, name="person_posts"),
    path("people/<uuid:person>/left", people.leave, name="person_left"),
    path("units", units.units, name="units"),
    path("units/new", units.new_unit, name="unit_new"),
    path("units/<uuid:unit>/move", units.move_unit, name="unit_move"),
    path("duty", duty.duty, name="duty"),
    path("restrictions", custody.restrictions, name="restrictions"),
    path("restrictions/<uuid:wall>", custody.certificate, name="certificate"),
    path("restrictions/<uuid:wall>/ask", custody.ask_to_lift, name="lift_ask"),
    path("restrictions/<uuid:wall>/lift", custody.lift, name="lift"),
    path("oversight", oversight.oversight, name="oversight"),
    path("oversight/people", oversight.watched, name="watched"),
    path("oversight/people/<uuid:person>", oversight.looks_of, name="looks_of"),
    path("oversight/<uuid:record>/ask", oversight.ask_for_content, name="oversight_ask"),
    path("oversight/<uuid:record>/looks", oversight.looks_at, name="looks_at"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]

handler400 = faults.unreadable
handler404 = faults.not_found
handler500 = faults.broken
