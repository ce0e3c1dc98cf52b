"""Every page says what keeps people safe, in words a nine-year-old can read, and breaks on nothing."""

import re
from html.parser import HTMLParser

import pytest

from tests.sample_pages import OFFICE_TOLD, PUBLIC_TOLD, SOURCE, rendered

HOSTILE = "\"'></textarea></title><script>alert(1)</script>{{ 7 * 7 }}"
WORD = r"[A-Za-z]+(?:[’'-][A-Za-z]+)*"
VOID = {"meta", "link", "input", "br", "img", "hr"}
BLOCKS = {"p", "li", "h1", "h2", "h3", "div", "dt", "dd", "label", "legend", "button", "summary"}
BLOCKS |= {"title", "td", "th", "section", "nav", "header", "footer", "textarea", "tr"}

# product.md, "Words": never on a screen, and what may be said instead.
BANNED = {
    r"perpetrators?|accused|suspects?": "the person the concern is about",
    r"register(s|ed)?": "the record",
    r"witness(es)?": "co-signer",
    r"guardians?": "access custodian",
    r"significant": "keep permanently",
    r"(a|some) ?(person|body|one) (has )?read it": "a worker has opened it",
    r"who knew": "what was received, opened, shown",
    r"walls?|walled|break(ing)? glass": "conflict restriction; emergency opening",
    r"late bod(y|ies)": "no confirmation received",
    r"chas(e|ed|ing)": "ask again",
    r"(quick|fast|exit this) (exit|page)": "Leave fast (this phone keeps its history)",
    r"allegations?|alleged|abuse[drs]?|victims?|offenders?": "concern",
}


class Read(HTMLParser):
    """What a page shows, and what it is made of."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.sentences = [""]
        self.title = ""
        self.page = page
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)
        if tag in BLOCKS:
            self.sentences.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"
        if tag in BLOCKS:
            self.sentences.append("")

    def handle_data(self, data: str) -> None:
        if "title" in self.open:
            self.title += data
        elif "script" not in self.open:
            self.sentences[-1] += data

    @property
    def text(self) -> str:
        """The words shown, with a stop after each block."""
        shown = (re.sub(r"\s+", " ", each).strip() for each in self.sentences)
        return " ".join(each if each[-1] in ".?!:" else each + "." for each in shown if each)

    def each(self, *names: str) -> list[dict[str, str]]:
        """The attributes of every tag with one of these names."""
        return [attributes for tag, attributes in self.tags if tag in names]


def syllables(word: str) -> int:
    """Vowel groups, less a silent ending."""
    plain = re.sub(r"(?<![aeiouyl])e$|(?<![aeiouytd])ed$|(?<=[^aeiouyscxzg])es$", "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", plain)))


def grade(text: str) -> float:
    """Flesch-Kincaid (Kincaid et al. 1975): years at school; age is about five years more.

    Labels of fewer than four words are left out: they would make any page look easy.
    """
    sentences = [re.findall(WORD, each) for each in re.split(r"[.?!:]+(?:\s|$)", text)]
    whole = [words for words in sentences if len(words) >= 4]
    words = [word for sentence in whole for word in sentence]
    return 0.39 * len(words) / len(whole) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def longest(text: str) -> int:
    """Words in the longest sentence."""
    return max(len(each.split()) for each in re.split(r"[.?!:]+(?:\s|$)", text))


def own_words(text: str, told: dict[str, object]) -> str:
    """The page without the organisation's name, which is nobody's choice of words."""
    return text.replace(str(told["organisation"]), "We")


PUBLIC = {name: Read(page) for name, page in rendered("public", "").items()}
OFFICE = {name: Read(page) for name, page in rendered("office", "").items()}

public = pytest.mark.parametrize("page", PUBLIC.values(), ids=PUBLIC.keys())
office = pytest.mark.parametrize("page", OFFICE.values(), ids=OFFICE.keys())
every = pytest.mark.parametrize(
    "page",
    [*PUBLIC.values(), *OFFICE.values()],
    ids=[*(f"public-{name}" for name in PUBLIC), *(f"office-{name}" for name in OFFICE)],
)


def test_the_measure_tells_easy_from_hard() -> None:
    assert grade("We will read it. A man saw the dog. Tell us more now.") < 2
    hard = "Safeguarding responsibilities necessitate immediate notification of the authorities."
    assert grade(hard) > 12
    assert [syllables(word) for word in ("safe", "little", "opened", "nobody")] == [1, 2, 2, 3]


@public
def test_a_nine_year_old_can_read_every_public_page(page: Read) -> None:
    text = own_words(page.text, PUBLIC_TOLD)
    assert grade(text) <= 5, text
    assert longest(text) <= 24


@office
def test_a_twelve_year_old_could_read_every_staff_page(page: Read) -> None:
    assert grade(own_words(page.text, OFFICE_TOLD)) <= 8


@every
def test_no_page_says_a_word_that_the_product_does_not_use(page: Read) -> None:
    text = re.sub("child alleged to have harmed", "", page.text, flags=re.IGNORECASE)  # product.md
    for word, instead in BANNED.items():
        found = re.search(rf"\b({word})\b", text, re.IGNORECASE)
        assert found is None, f"{found}: say {instead}"


@pytest.mark.parametrize("name", [name for name in PUBLIC if not name.startswith("referral-")])
def test_every_page_for_who_tells_says_first_what_keeps_people_safe(name: str) -> None:
    page = PUBLIC[name]
    text = page.text
    said = [
        "Ring 999",
        "Can’t speak? On a mobile, press 55 when asked",
        "Childline",
        "0800 1111",
        "the next working day, by 9 in the morning",
        "We may have to tell someone",
        "We cannot find you unless you say where you are",
        "sexual pictures of anyone under 18",
    ]
    for words in said:
        assert words.lower() in text.lower(), words
    # Only as far as it is true: where no text is sent, nobody is rung (ADR 0025).
    assert ("This form calls nobody" in text) != ("They may not see it" in text)
    question = re.search(r"<(textarea|fieldset)", page.page)
    assert question is None or page.page.index("heed-safety") < question.start()


@pytest.mark.parametrize("name", [name for name in PUBLIC if name.startswith("referral-")])
def test_a_page_for_who_got_a_referral_says_first_whom_to_ring_and_nothing_to_a_child(
    name: str,
) -> None:
    text = PUBLIC[name].text
    assert text.index("Ring 999") < text.index("An answer here calls nobody") < text.index("Come")
    for words in ("Childline", "to keep you safe", "We cannot find you", "send no sexual pictures"):
        assert words not in text


@every
def test_whoever_is_told_to_ring_999_is_told_how_to_ring_without_speaking(page: Read) -> None:
    if "ring 999" in page.text.lower():
        assert "Can’t speak? On a mobile, press 55 when asked." in page.text


@public
def test_every_public_page_can_be_left_fast_by_the_second_thing_one_can_reach(page: Read) -> None:
    links = page.each("a", "button", "input")
    assert links[0]["href"] == "#main"
    assert links[1]["href"].startswith("https://www.bbc.co.uk/")
    assert "noreferrer" in links[1]["rel"]
    assert "Leave fast (this phone keeps its history)" in page.text


@public
def test_a_title_tells_nothing_to_whoever_looks_over_a_shoulder(page: Read) -> None:
    assert page.title == f"Tell us – {PUBLIC_TOLD['organisation']}"


@every
def test_every_field_has_a_label_and_every_id_is_there_once(page: Read) -> None:
    labelled = {label["for"] for label in page.each("label")}
    fields = [each for each in page.each("input", "textarea") if each.get("type") != "hidden"]
    assert all(field["id"] in labelled for field in fields)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        for name in ("aria-describedby", "aria-labelledby"):
            assert set(attributes.get(name, "").split()) <= set(ids)
        assert attributes.get("href", "#main").removeprefix("#") in ids or not attributes.get(
            "href", ""
        ).startswith("#")


@every
def test_no_page_needs_a_script_or_loads_anything_from_elsewhere(page: Read) -> None:
    for tag, attributes in page.tags:
        assert "style" not in attributes
        assert "placeholder" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        if tag in ("script", "link", "img"):
            assert attributes.get("src", attributes.get("href", "")).startswith("/assets/")
        if tag == "form":
            assert attributes["method"] == "post"
            assert attributes["action"].startswith("/")
    assert "style" not in [tag for tag, _ in page.tags]


@public
def test_a_phone_remembers_nothing_of_what_was_typed(page: Read) -> None:
    fields = page.each("input", "textarea")
    assert all(f["autocomplete"] == "off" for f in fields if f.get("type") != "hidden")


@pytest.mark.parametrize("name", ["danger", "words", "people", "you", "check"])
def test_each_step_carries_the_form_and_says_where_it_goes(name: str) -> None:
    read = PUBLIC[name]
    hidden = {field["name"] for field in read.each("input") if field.get("type") == "hidden"}
    assert hidden == {"form", "at"}
    assert all(button["name"] == "step" for button in read.each("button"))
    assert not [field for field in read.each("input", "textarea") if "required" in field]


def test_nothing_is_chosen_before_the_reporter_chooses() -> None:
    assert "checked" not in PUBLIC["danger"].page
    assert "checked" not in PUBLIC["you"].page


def test_own_words_stay_hidden_until_asked_for() -> None:
    pages = rendered("public", "the words of a child")
    assert "the words of a child" not in pages["thread-new"]
    assert "the words of a child" in pages["thread-shown"]


@pytest.mark.parametrize("face", ["public", "office"])
def test_hostile_words_are_shown_as_words(face: str) -> None:
    for name, page in rendered(face, HOSTILE).items():
        assert "<script>alert" not in page, name
        assert "49" not in re.sub(r"[0-9a-f-]{36}|#[0-9a-f]+", "", page) or "{{ 7 * 7 }}" in page
        Read(page)


@pytest.mark.parametrize("words", ["\n\nfirst line", "plain", "", "\r\nA"])
def test_a_box_gives_back_every_line_that_was_typed(words: str) -> None:
    shown = rendered("public", words)["not-recorded"]
    inside = re.search(r"<textarea[^>]*>(.*?)</textarea>", shown, re.DOTALL)
    assert inside is not None
    # HTML, "textarea": a parser drops one newline that stands first.
    assert re.sub(r"\A\r?\n", "", inside[1]) == words


def test_what_is_vendored_shows_nothing_that_is_only_for_gov_uk() -> None:
    folder = SOURCE / "vendor" / "govuk-frontend"
    css = (folder / "govuk-frontend.min.css").read_text("utf-8")
    for forbidden in ("Transport", "@font-face", "url(", "crest", "crown", "logotype", "@import"):
        assert forbidden not in css
    assert css.count("{") == css.count("}")
    assert "MIT License" in (folder / "LICENCE").read_text("utf-8")
    assert sorted(each.name for each in folder.iterdir()) == ["LICENCE", "govuk-frontend.min.css"]


def test_every_class_that_a_page_wears_is_drawn_by_a_style_sheet() -> None:
    vendored = (SOURCE / "vendor/govuk-frontend/govuk-frontend.min.css").read_text("utf-8")
    for face, own, pages in (("public", "heed", PUBLIC), ("office", "office", OFFICE)):
        css = vendored + (SOURCE / face / "static" / f"{own}.css").read_text("utf-8")
        drawn = set(re.findall(r"\.(-?[A-Za-z_][\w-]*)", css))
        worn = {
            name
            for page in pages.values()
            for _, attributes in page.tags
            for name in attributes.get("class", "").split()
        }
        assert worn - drawn <= UNDRAWN


# They mark a place for people and tests; nothing needs drawing.
UNDRAWN = {"heed-start", "heed-entry--filed", "heed-entry--added", "heed-status", "govuk-radios"}
UNDRAWN |= {"govuk-table__head", "govuk-table__body", "govuk-table__row"}
