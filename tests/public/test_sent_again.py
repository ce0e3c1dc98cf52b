"""What is changed on the last page and sent again counts like what was sent first."""

from heed.store.rebuild import check
from tests.public.conftest import Face
from tests.public.test_coming_back import newest


def test_a_child_who_says_so_only_the_second_time_is_called_about(face: Face) -> None:
    browser = face.browser()
    page = browser.get("/tell")
    page = browser.send(page, page.form("form"), danger="no", step="words")
    page = browser.send(page, page.form("form"), saw="He hits me.", step="people")
    page = browser.send(page, page.form("form"), step="check")
    browser.send(page, page.form("form"), step="send")
    record = newest(face.world)
    asked = "SELECT danger, young, alarmed FROM facts.record WHERE id = %s"
    assert face.world.as_owner(asked, (record,)) == [("no", None, False)]
    again = browser.send(page, page.form("form"), child="yes", step="send")
    assert again.status == 200
    assert face.world.as_owner(asked, (record,)) == [("no", True, True)]
    later = browser.send(page, page.form("form"), child="", saw="He hits me. Again.", step="send")
    assert later.status == 200
    assert face.world.as_owner(asked, (record,)) == [("no", True, True)]
    face.world.open()
    assert check(face.world.urls["heed_owner"], face.world.keys).differences == ()
