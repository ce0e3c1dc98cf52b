"""A rule pack with a fault is refused, by a sentence that names its file and its clock."""

from pathlib import Path

import pytest

import heed
from heed.core.pack_form import RulesWrong
from heed.core.rules import read

WHOLE = """
[pack]
place = "England"
stated = 2026-11-22

[sources]
S58 = "a school's page"

[[rule]]
id = "C02"
name = "somebody is told"
limit = { working_days = 1 }
counts_from = "the referral"
binds = "the council"
basis = "guidance"
evidence = "S"
sources = ["S58"]
since = 2013-04-15
"""
RULE = WHOLE[WHOLE.index("[[rule]]") :]
FAULTS = {
    "an unknown key": ('name = "', 'nmae = "', "unknown: nmae"),
    "a missing key": ('binds = "the council"\n', "", "missing: binds"),
    "no limit": ("limit = { working_days = 1 }\n", "", "missing: limit"),
    "a limit without its unit": ("{ working_days = 1 }", "1", "a limit is { unit = number }"),
    "an unknown unit": (
        "working_days = 1",
        "fortnights = 1",
        "no limit is counted in “fortnights”",
    ),
    "two units": (
        "working_days = 1",
        "working_days = 1, hours = 2",
        "a limit is { unit = number }",
    ),
    "nothing to count": ("working_days = 1", "working_days = 0", "a whole number above 0"),
    "a limit that is no number": ("working_days = 1", "working_days = true", "a whole number"),
    "words of its own": ("{ working_days = 1 }", '"quickly"', "a limit is { unit = number }"),
    "no word whose rule it is": ('"guidance"', '" "', "“basis” must say something"),
    "no citation": ('["S58"]', "[]", "its citation is missing"),
    "a source that is nowhere": ('["S58"]', '["S99"]', "cites S99"),
    "sources that are no list": ('["S58"]', '"S58"', "must be a list"),
    "an unknown letter": ('"S"\n', '"Q"\n', "“evidence” is V, S, M, I or K"),
    "others' rule for always": ("2013-04-15", '"always"', "only a rule of our own"),
    "a day in words": ("2013-04-15", '"last year"', "must be a day"),
    "an instant for a day": ("2013-04-15", "2013-04-15T10:00:00Z", "must be a day"),
    "an end before its start": (
        "2013-04-15",
        "2013-04-15\nuntil = 2013-04-15",
        "must come after",
    ),
    "an end that is no day": ("2013-04-15", "2013-04-15\nuntil = 2014", "must be a date"),
    "local in words": ("2013-04-15", '2013-04-15\nlocal = "yes"', "must be a bool"),
    "the same twice": (RULE, RULE + RULE, "two versions are in force on one day"),
    "a later one without an end of the first": (
        RULE,
        RULE + RULE.replace("2013", "2023"),
        "two versions are in force on one day",
    ),
}


def test_the_whole_pack_is_taken() -> None:
    assert [rule.id for rule in read({"england-2026.toml": WHOLE})] == ["C02"]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_file_and_clock(fault: tuple[str, str, str]) -> None:
    old, new, said = fault
    assert WHOLE.count(old) == 1
    with pytest.raises(RulesWrong) as wrong:
        read({"england-2026.toml": WHOLE.replace(old, new)})
    assert said in str(wrong.value)
    assert str(wrong.value).startswith("england-2026.toml, C02: ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[sources]", "[sources"),
        ("[[rule]]", "[rule]"),
        ("[pack]", "[packs]"),
        ('place = "England"\n', ""),
        ("stated = 2026-11-22", "stated = 2026"),
    ],
)
def test_a_fault_of_the_whole_file_names_the_file(old: str, new: str) -> None:
    with pytest.raises(RulesWrong, match=r"england-2026\.toml"):
        read({"england-2026.toml": WHOLE.replace(old, new)})


def test_versions_in_two_packs_may_follow_each_other_and_not_overlap() -> None:
    later = WHOLE.replace("2013-04-15", "2027-01-01")
    ended = WHOLE.replace("2013-04-15", "2013-04-15\nuntil = 2027-01-01")
    assert len(list(read({"a.toml": ended, "b.toml": later}))) == 2
    with pytest.raises(RulesWrong, match=r"b\.toml, C02: .* one from a\.toml"):
        read({"a.toml": ended.replace("2027-01-01", "2027-01-02"), "b.toml": later})
    with pytest.raises(RulesWrong, match=r"a\.toml, C02: .* one from b\.toml"):
        read({"b.toml": later, "a.toml": WHOLE})


def test_what_is_enacted_may_stand_beside_what_is_in_force() -> None:
    enacted = WHOLE.replace("2013-04-15", '"not in force"')
    assert len(list(read({"a.toml": WHOLE, "b.toml": enacted}))) == 2


def test_the_packs_lie_where_an_installed_package_has_them() -> None:
    """The wheel holds every file of the package's folder (pyproject, hatch)."""
    packs = Path(heed.__file__).parent / "core" / "packs"
    assert "england-2026.toml" in {each.name for each in packs.iterdir()}
