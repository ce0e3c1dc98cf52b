"""Guessing a password gets slow, and nobody is shut out by somebody else's guesses."""

import threading

from heed.office.slowing import FORGET, FREE, LANE, LONGEST, REMEMBERED, Slowing


class Clock:
    """A clock that is set; waiting moves it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def slowing(self) -> Slowing:
        return Slowing(lambda: self.now, self.wait)


def test_a_few_slips_of_the_finger_cost_nothing() -> None:
    clock = Clock()
    slowing = clock.slowing()
    for _ in range(FREE):
        slowing.wrong("lead")
    assert clock.waits == []


def test_each_further_wrong_answer_waits_longer_up_to_a_bound() -> None:
    clock = Clock()
    slowing = clock.slowing()
    for _ in range(FREE + 6):
        slowing.wrong("lead")
    assert clock.waits == [0.25, 0.5, 1.0, LONGEST, LONGEST, LONGEST]


def test_a_right_answer_never_waits_and_clears_the_name() -> None:
    clock = Clock()
    slowing = clock.slowing()
    for _ in range(50):
        slowing.wrong("lead")
    before = list(clock.waits)
    slowing.right("lead")
    slowing.wrong("lead")
    assert clock.waits == before


def test_guesses_at_one_name_do_not_slow_another() -> None:
    clock = Clock()
    slowing = clock.slowing()
    for _ in range(50):
        slowing.wrong("lead")
    before = list(clock.waits)
    slowing.wrong("colleague")
    assert clock.waits == before


def test_wrong_answers_are_forgotten_after_a_quarter_of_an_hour() -> None:
    clock = Clock()
    slowing = clock.slowing()
    for _ in range(10):
        slowing.wrong("lead")
    clock.now += FORGET + 1
    before = list(clock.waits)
    slowing.wrong("lead")
    assert clock.waits == before


def test_names_without_end_do_not_fill_the_memory() -> None:
    slowing = Clock().slowing()
    for number in range(REMEMBERED + 500):
        slowing.wrong(f"name {number}")
    assert len(slowing._wrong) == REMEMBERED


def test_only_a_few_sign_ins_are_weighed_at_once_and_the_place_comes_free_again() -> None:
    slowing = Slowing()
    inside = threading.Barrier(LANE + 1)
    leave = threading.Event()

    def stay() -> None:
        with slowing.lane() as entered:
            assert entered
            inside.wait(10)
            leave.wait(10)

    guests = [threading.Thread(target=stay) for _ in range(LANE)]
    for guest in guests:
        guest.start()
    inside.wait(10)
    with slowing.lane(patience=0.01) as entered:
        assert not entered
    leave.set()
    for guest in guests:
        guest.join()
    with slowing.lane(patience=0.01) as entered:
        assert entered
