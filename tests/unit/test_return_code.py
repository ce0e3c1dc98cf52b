"""A return code survives a child's handwriting, and its word list holds no trap."""

import hmac
import re
from collections import defaultdict
from hashlib import sha256
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.register.return_code import KEY_INFO, LOOKUP_INFO, WORDS, NotACode, ReturnCode

FROZEN = "b7f3836d443bc8d2d43c43d9cae235d038d15753c1931e4c4443c1c1fea16a65"
SECRETS = st.binary(min_size=11, max_size=11)
SOME = ReturnCode(bytes(range(11)))

# Sounds alike over a telephone: at most one of each row may stand on the list.
SOUND_ALIKE = """
aisle isle|aloud allowed|ate eight|ball bawl|bare bear|base bass|be bee bead|beach beech|berry bury
board bored|bold bowled|boulder bolder|brake break|bread bred|by buy bye|ceiling sealing
cell sell|cellar seller|cent scent sent|cereal serial|check cheque|chilly chilli|chord cord
climb clime|coarse course|core corps|creak creek|cruise crews|currant current|cymbal symbol
dear deer|desert dessert|dew due|dual duel|ewe you|fair fare|feat feet|fir fur|flair flare
flea flee|flew flu|flour flower|for four fore|forth fourth|foul fowl|gait gate|grate great
groan grown|guessed guest|gym jim|hair hare|hall haul|hay hey|heal heel|hear here|heard herd
higher hire|hoarse horse|hole whole|hour our|jam jamb|key quay|knead need|knew new|knight night
knit nit|knot not|know no|leaf lief|leak leek|lessen lesson|links lynx|loan lone|made maid
mail male|main mane|maize maze|mantle mantel|medal meddle|metal mettle|meteor meatier|mind mined
minor miner|mist missed|moor more|morning mourning|moose mousse|muscle mussel|mustard mustered
oar ore|one won|pail pale|pain pane|pair pear|passed past|pause paws|peace piece|peak peek
pedal peddle|plaice place|plain plane|plum plumb|pole poll|pour poor paw|prince prints
principal principle|profit prophet|quarts quartz|rain reign|raise rays|read red|right write
road rode|role roll|root route|row roe|sail sale|sauce source|scene seen|sea see|seam seem
sew so sow|shore sure|side sighed|sloe slow|sole soul|some sum|son sun|stair stare|stake steak
stationary stationery|steal steel|storey story|straight strait|suite sweet|sunday sundae
tail tale|tea tee|team teem|their there|threw through|throne thrown|thyme time|tide tied|toad towed
tow toe|vain vein|waist waste|wait weight|wave waive|way weigh|weak week|weather whether
which witch|wood would|yoke yolk|one won|bean been|pea pee|rose rows|steel steal|bow bough
""".replace("\n", "|")

SPELT_TWO_WAYS = """
colour color harbour harbor favour favor honour honor flavour flavor grey gray centre center
theatre theater metre meter litre liter tyre tire plough plow cheque jewellery jewelry pyjamas
pajamas yoghurt yogurt doughnut donut aeroplane airplane moustache mustache licence license
practice practice programme program traveller traveler catalogue catalog barbecue barbeque whizz
hummus lasagne lasagna bandanna bandana omelette omelet
"""

DISTRESSING = """
abuse afraid alone asleep baby bath bed bedroom belt bite bleed blood body bomb bone boy bra
bruise brother burn cage camera cellar chain child church court cry cuddle cut dad dark dead death
devil die doctor drug drunk fear fight finger fire fist forget gang ghost gift girl god grave gun
hand hate hell help hide hit holy home hug hurt jail kick kill kiss knife lick lie lock locked
lonely love mad monster mosque mother mouth mum murder naked nappy night nurse pain pants parent
penis photo pill play police pray pretty priest prison promise punch pussy rape rope sad safe
scare school scream secret sex shame silent silly sister skin skirt slap sleep smack snake sorry
special stab steal stranger strip stupid suffer tease teacher temple terror threat tickle touch
toy trap treat trick trust ugly uncle undress unlock van victim video violent warn weapon whip
whisper wicked witness worry wound wrong
"""

NAMES = """
amber april art august barry ben bill bob carol daisy dawn dean dale eve faith fern florence frank
gene george glen grace grant harry hazel heather holly hope iris ivy jack jade jasmine jean jersey
joy june lily lance laurel lee london luke mark martin mary max may melody mercy miles nick olive
paris pat pearl penny peter poppy ray reading rob robin rose rosemary ruby ruth sally sandwich
sandy skye sue summer ted tom turkey victor victoria viola violet wales warren will willow china
bath deal hull ham spain chile cuba berlin derby
"""


def neighbours(words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pairs that one inserted, dropped, changed or swapped letter apart."""
    listed = set(words)
    alike: dict[str, set[str]] = defaultdict(set)
    found = []
    for word in words:
        for place in range(len(word)):
            dropped = word[:place] + word[place + 1 :]
            alike[word[:place] + "?" + word[place + 1 :]].add(word)
            swapped = word[:place] + word[place : place + 2][::-1] + word[place + 2 :]
            found += [
                (word, other) for other in (dropped, swapped) if other != word and other in listed
            ]
    for group in alike.values():
        found += combinations(sorted(group), 2)
    return found


def inflections(word: str) -> set[str]:
    """What a hasty hand could make of a word without leaving its meaning."""
    ends = {"s", "es", "d", "ed", "ing", "r", "er", "st", "est", "ly", "y", "ful", "less", "ness"}
    made = {word + end for end in ends} | {word + word[-1] + end for end in ("ed", "ing", "er")}
    if word.endswith("e"):
        made |= {word[:-1] + "ing", word[:-1] + "y"}
    if word.endswith("y"):
        made |= {word[:-1] + end for end in ("ies", "ied", "ier", "iest", "ily")}
    if word.endswith("f"):
        made.add(word[:-1] + "ves")
    return made


def hkdf(secret: bytes, info: bytes) -> bytes:
    """RFC 5869 by hand for one block: an absent salt is 32 zero bytes."""
    extracted = hmac.digest(bytes(32), secret, sha256)
    return hmac.digest(extracted, info + b"\x01", sha256)


def test_the_list_holds_2048_short_plain_sorted_words() -> None:
    assert len(WORDS) == len(set(WORDS)) == 2048
    assert list(WORDS) == sorted(WORDS)
    assert all(re.fullmatch("[a-z]{3,8}", word) for word in WORDS)


def test_the_list_never_changes_because_old_codes_hang_on_it() -> None:
    assert sha256("\n".join(WORDS).encode()).hexdigest() == FROZEN


def test_no_two_words_are_one_slip_apart() -> None:
    assert neighbours(WORDS) == []


def test_no_word_is_an_ending_of_another() -> None:
    listed = set(WORDS)
    assert [(w, other) for w in WORDS for other in inflections(w) & listed - {w}] == []


def test_no_two_words_sound_alike() -> None:
    listed = set(WORDS)
    rows = [set(row.split()) & listed for row in SOUND_ALIKE.split("|")]
    assert [row for row in rows if len(row) > 1] == []


@pytest.mark.parametrize("unfit", [SPELT_TWO_WAYS, DISTRESSING, NAMES])
def test_no_word_is_spelt_two_ways_or_distresses_or_names_anybody(unfit: str) -> None:
    assert sorted(set(unfit.split()) & set(WORDS)) == []


@given(SECRETS)
def test_what_is_written_down_leads_back_to_the_same_code(secret: bytes) -> None:
    code = ReturnCode(secret)
    assert len(code.words) == 8
    assert ReturnCode.parse(str(code)) == code


@pytest.mark.parametrize(
    "typed",
    [
        "About-Asteroid-Macaroon-Asteroid-Food-Anchor-Card-Carrot",
        "  ABOUT asteroid\tmacaroon\nasteroid  food anchor card carrot.  ",
        "about–asteroid—macaroon‑asteroid−food‒anchor―card-carrot",
        "1. about 2. asteroid 3) macaroon 4 asteroid, food; anchor / card_carrot!",
        "“about asteroid macaroon asteroid food anchor card carrot”",
        "about aster oid macaroon asteroid food anchor card car rot",
        "ａｂｏｕｔ asteroid maca\u00adroon asteroid fo\u200bod anchor card carrot",
        "ábout asteroid macaroon asteroid food anchor card carrot",
    ],
)
def test_case_dashes_numbers_and_spaces_do_not_matter(typed: str) -> None:
    assert ReturnCode.parse(typed) == SOME


def test_a_mistyped_word_is_named_with_its_place_and_the_nearest_word() -> None:
    with pytest.raises(NotACode) as caught:
        ReturnCode.parse("about asteriod macaroon asteroid fod anchor card qqqqq")
    assert caught.value.count == 8
    assert caught.value.unknown == [
        (2, "asteriod", "asteroid"),
        (5, "fod", "food"),
        (8, "qqqqq", None),
    ]


@given(SECRETS, st.integers(0, 7), st.data())
def test_one_slip_never_leads_to_another_code(
    secret: bytes, place: int, data: st.DataObject
) -> None:
    words = list(ReturnCode(secret).words)
    cut = data.draw(st.integers(0, len(words[place]) - 1))
    words[place] = words[place][:cut] + words[place][cut + 1 :]
    with pytest.raises(NotACode) as caught:
        ReturnCode.parse(" ".join(words))
    assert [position for position, _, _ in caught.value.unknown] == [place + 1]
    assert caught.value.unknown[0][2] is not None


@pytest.mark.parametrize(("typed", "count"), [("", 0), ("about anchor", 2), ("about " * 9, 9)])
def test_too_few_or_too_many_words_are_counted(typed: str, count: int) -> None:
    with pytest.raises(NotACode) as caught:
        ReturnCode.parse(typed)
    assert (caught.value.count, caught.value.unknown) == (count, [])


@pytest.mark.parametrize(
    "typed", ["a" * 10_000_000, "\x00\ud800\uffff", "😀 🎈", "שלום about", "'; --"]
)
def test_what_is_no_code_at_all_is_refused_at_once(typed: str) -> None:
    with pytest.raises(NotACode):
        ReturnCode.parse(typed)


def test_the_refusal_and_the_repr_repeat_nothing_because_they_reach_logs() -> None:
    with pytest.raises(NotACode) as caught:
        ReturnCode.parse("about asteroid macaroon asteroid food anchor card wrongone")
    assert str(caught.value) == "not a return code"
    assert repr(SOME) == "ReturnCode()"


def test_the_two_keys_are_derived_as_written_down() -> None:
    assert SOME.lookup.hex() == "882884bd214fdd401edc7863c4c1d686fcdac0ce7bba5fa1cebac4d5b32ab725"
    assert SOME.key.hex() == "edbff0f9010ceddc65c250387b7ad0e5c6aed92365d459adc1552c6d7b62ebb3"


@given(SECRETS)
def test_the_two_keys_are_hkdf_with_two_labels(secret: bytes) -> None:
    code = ReturnCode(secret)
    assert code.lookup == hkdf(secret, LOOKUP_INFO)
    assert code.key == hkdf(secret, KEY_INFO)
    assert code.lookup != code.key


def test_a_new_code_takes_eleven_bytes_of_chance() -> None:
    asked = []

    def chance(size: int) -> bytes:
        asked.append(size)
        return b"\xff" * size

    assert ReturnCode.new(chance).words == ("zoology",) * 8
    assert asked == [11]
    with pytest.raises(ValueError, match="11 bytes"):
        ReturnCode(b"short")
