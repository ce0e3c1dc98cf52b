"""When to try the database, and which of its refusals are about one entry."""

import threading

import pytest

from heed.store.receiving import Breaker, is_of_the_store


class Clock:
    """Seconds that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def in_another_thread(breaker: Breaker) -> bool:
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(breaker.may_try()))
    thread.start()
    thread.join()
    return answers[0]


def test_everybody_tries_until_it_fails_and_then_nobody_for_a_while() -> None:
    clock = Clock()
    breaker = Breaker(3.0, clock)
    assert breaker.may_try()
    assert in_another_thread(breaker)
    breaker.failed()
    clock.now += 2.9
    assert not breaker.may_try()
    clock.now += 0.2
    assert breaker.may_try()


def test_after_the_while_one_probes_at_a_time() -> None:
    clock = Clock()
    breaker = Breaker(3.0, clock)
    breaker.failed()
    clock.now += 4
    assert breaker.may_try()
    assert not in_another_thread(breaker)
    breaker.failed()
    assert not in_another_thread(breaker)
    clock.now += 4
    assert in_another_thread(breaker)


def test_a_late_failure_of_another_does_not_let_in_a_second_probe() -> None:
    clock = Clock()
    breaker = Breaker(3.0, clock)
    breaker.failed()
    clock.now += 4
    assert breaker.may_try()
    late = threading.Thread(target=breaker.failed)
    late.start()
    late.join()
    clock.now += 4
    assert not in_another_thread(breaker)


def test_one_success_opens_it_to_everybody() -> None:
    clock = Clock()
    breaker = Breaker(3.0, clock)
    breaker.failed()
    clock.now += 4
    assert breaker.may_try()
    breaker.succeeded()
    assert in_another_thread(breaker)
    assert in_another_thread(breaker)


@pytest.mark.parametrize(
    "code",
    ["HE004", "HE006", "HE007", "HE008", "HE010", "55P03", "57014", "57P01", "57P03", "53100",
     "53300", "40001", "40P01", "08006", "25006", "42501", "42P01", "58030", "XX001"],
)  # fmt: skip
def test_a_condition_of_the_whole_store_means_try_later(code: str) -> None:
    assert is_of_the_store(code)


@pytest.mark.parametrize(
    "code", ["HE003", "HE005", "HE404", "HE009", "22P02", "23505", "23514", "54000", "P0001", ""]
)
def test_a_refusal_of_this_entry_must_not_hold_up_the_others(code: str) -> None:
    assert not is_of_the_store(code)
