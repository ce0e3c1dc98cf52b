"""The doctor says that something is wrong when something is wrong, and how to put it right."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from heed.loops.sequence import Sequencer
from heed.store import catalogue
from heed.store.connection import Link
from heed.store.install import CannotInstall
from heed.store.probes import Finding, examine
from heed.store.spool import Spool
from tests.copies import Scene, copied
from tests.servers import Server
from tests.world import World

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with copied(server, "nothing told", Scene) as made:
        made.world.write_home(tmp_path)
        Spool(tmp_path / "public" / "spool").create()
        for room in ("public", "office", "opener", "sequencer", "sweep", "secrets"):
            (tmp_path / room).chmod(0o700)
        monkeypatch.setenv("HEED_DATABASE_URL", made.world.urls["heed_owner"])
        _settle(made.world, tmp_path)
        yield made


def _settle(world: World, place: Path) -> None:
    world.open()
    Sequencer(world.link("heed_sequencer"), world.log, place / "export").step()


def _wrong(place: Path) -> list[str]:
    return [finding.text for finding in examine(place) if finding.level == "wrong"]


def test_a_sound_installation_has_nothing_wrong(scene: Scene, tmp_path: Path) -> None:
    scene.world.tell("just now")
    assert _wrong(tmp_path) == []


def test_a_missing_spool_is_a_finding_and_no_traceback(scene: Scene, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "public" / "spool")
    (said,) = _wrong(tmp_path)
    assert "heed init" in said


def test_what_waits_longer_than_a_minute_is_wrong(scene: Scene, tmp_path: Path) -> None:
    scene.world.tell("nobody opens it")
    later = "INSERT INTO machinery.clock (shift) VALUES ('30 seconds')"
    scene.without(later)
    assert _wrong(tmp_path) == []
    scene.without("UPDATE machinery.clock SET shift = '3 days'")
    said = _wrong(tmp_path)
    assert len(said) == 2
    assert any("1 entries wait for the opener" in text for text in said)
    assert any("1 entries wait for their place" in text for text in said)
    scene.world.tell("just now")
    assert any("2 entries wait for the opener, the oldest" in text for text in _wrong(tmp_path))
    _settle(scene.world, tmp_path)
    assert _wrong(tmp_path) == []


def test_a_contradicted_head_is_wrong_by_the_file_and_by_the_database(
    scene: Scene, tmp_path: Path
) -> None:
    (tmp_path / "sequencer" / "contradicted").write_text("the exported head contradicts it\n")
    (said,) = _wrong(tmp_path)
    assert "the exported head contradicts it" in said
    assert "staff read nothing" in said
    (tmp_path / "sequencer" / "contradicted").unlink()
    scene.without("INSERT INTO machinery.closed (why) VALUES ('the exported head contradicts')")
    (said,) = _wrong(tmp_path)
    assert "Reading is closed" in said


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("log_error_verbosity", "terse", "default"),
        ("log_min_error_statement", "panic", "error"),
        ("log_parameter_max_length_on_error", "0", "-1"),
    ],
)
def test_a_server_whose_log_could_take_words_is_wrong(
    scene: Scene, tmp_path: Path, name: str, good: str, bad: str
) -> None:
    with psycopg.connect(scene.world.database.superuser_url, autocommit=True) as connection:
        database = scene.world.database.name
        connection.execute(f"ALTER DATABASE \"{database}\" SET {name} = '{bad}'".encode())
    (said,) = _wrong(tmp_path)
    assert f"Set {name} = {good}" in said
    assert "words into its log" in said


def _learn_what_stands(scene: Scene, place: Path) -> None:
    """Write the office's list anew from what stands, as somebody with both in hand could."""
    link = Link(scene.world.urls["heed_office"])
    with link.transaction() as connection:
        stands = catalogue.said(connection)
    link.close()
    (place / "office" / "walls.json").write_text(json.dumps(stands))


def test_a_wall_that_is_down_is_named(scene: Scene, tmp_path: Path) -> None:
    scene.without("ALTER TABLE words.item NO FORCE ROW LEVEL SECURITY")
    said = _wrong(tmp_path)
    assert len(said) == 2
    assert any("no forced row-level security on words.item" in text for text in said)
    assert any("table words.item was changed" in text for text in said)
    assert all(text.startswith("Reading is closed while this is so") for text in said)


def test_a_list_that_was_changed_together_with_a_wall_is_wrong(
    scene: Scene, tmp_path: Path
) -> None:
    scene.without("GRANT EXECUTE ON FUNCTION register.close_reading(text) TO heed_intake")
    (said,) = _wrong(tmp_path)
    assert "register.close_reading(text) to heed_intake" in said
    _learn_what_stands(scene, tmp_path)
    (said,) = _wrong(tmp_path)
    assert "is not what this version makes of an empty database" in said
    assert "heed init" in said


def test_who_may_append_what_is_compared_with_what_install_says(
    scene: Scene, tmp_path: Path
) -> None:
    scene.without("INSERT INTO register.permit VALUES ('heed_intake', 'answered')")
    (said,) = _wrong(tmp_path)
    assert said == "Not as it was installed: permit heed_intake answered was added."
    scene.without("DELETE FROM register.permit WHERE kind = 'answered'")
    (said,) = _wrong(tmp_path)
    assert said == "Not as it was installed: permit heed_office answered is missing."


def test_an_office_that_is_not_let_in_is_wrong(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "office" / "database.url").write_text(scene.world.urls["heed_office"] + "x")
    (said,) = _wrong(tmp_path)
    assert "the office's role is not let in" in said


def test_while_a_rebuild_is_under_way_the_list_is_not_made_anew(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heed.store.catalogue.PATIENCE", "50ms")
    with psycopg.connect(scene.world.urls["heed_owner"]) as rebuilding:
        rebuilding.execute("SELECT pg_advisory_lock(4864, 4)")
        notes = [one for one in examine(tmp_path) if one.level != "ok"]
        assert any("A rebuild is under way" in one.text for one in notes)
        assert _wrong(tmp_path) == []
        with pytest.raises(CannotInstall, match="rebuild"):
            catalogue.to_keep(scene.world.urls["heed_owner"])
    assert Finding("ok", "Every wall that can be examined stands.") in examine(tmp_path)


def test_settings_under_which_a_report_could_be_lost_are_wrong(
    scene: Scene, tmp_path: Path
) -> None:
    with psycopg.connect(scene.world.database.superuser_url, autocommit=True) as connection:
        database = scene.world.database.name
        connection.execute(f'ALTER DATABASE "{database}" SET synchronous_commit = off'.encode())
    (said,) = _wrong(tmp_path)
    assert said == "The setting synchronous_commit is off: an acknowledged report could be lost."


def test_a_record_that_is_not_screened_and_not_listed_is_wrong(
    scene: Scene, tmp_path: Path
) -> None:
    scene.world.tell("nobody opens it")
    assert _wrong(tmp_path) == []
    scene.without("DELETE FROM machinery.unscreened")
    (said,) = _wrong(tmp_path)
    assert "1 records are not listed" in said


def test_where_nobody_is_on_duty_the_next_step_is_named(scene: Scene, tmp_path: Path) -> None:
    scene.without("DELETE FROM facts.turn", "DELETE FROM facts.slot")
    (said,) = _wrong(tmp_path)
    assert "heed set-up FILE" in said


def test_a_post_that_nobody_holds_is_noted(scene: Scene, tmp_path: Path) -> None:
    noted = [one.text for one in examine(tmp_path) if one.level == "note"]
    assert any("Nobody holds the post of custodian" in text for text in noted)
    scene.without(
        "UPDATE facts.person SET posts = ARRAY['custodian', 'overseer', 'administrator']"
        " WHERE id NOT IN (SELECT person FROM facts.turn UNION SELECT fallback FROM facts.slot)"
    )
    assert not any("the post" in one.text for one in examine(tmp_path))
