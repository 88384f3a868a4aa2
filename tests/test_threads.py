"""One thread for all that models compute."""

from __future__ import annotations

import contextvars
import os
import subprocess
import sys
import threading

import pytest

from wherefore.serving.threads import OneThread, wait_passively

ASKED = contextvars.ContextVar("asked", default="nobody")


def test_everything_runs_on_one_thread_in_the_callers_context():
    alone = OneThread()
    seen = []

    def work():
        seen.append((threading.get_ident(), ASKED.get()))

    def steps():
        try:
            for number in (0, None, 1, 2, None):
                work()
                yield number
        finally:
            work()

    def person(name):
        ASKED.set(name)
        alone(work)
        assert list(alone.each(steps())) == [0, 1, 2]

    people = [threading.Thread(target=person, args=(name,)) for name in ("ann", "bo")]
    for one in people:
        one.start()
    for one in people:
        one.join()
    threads = {thread for thread, _ in seen}
    assert len(threads) == 1 and threading.get_ident() not in threads
    assert sorted(name for _, name in seen) == ["ann"] * 7 + ["bo"] * 7


def test_what_is_raised_comes_through_and_later_work_goes_on():
    alone = OneThread()

    def steps():
        yield 1
        raise ValueError("no")

    with pytest.raises(ZeroDivisionError):
        alone(divmod, 1, 0)
    given = alone.each(steps())
    assert next(given) == 1
    with pytest.raises(ValueError, match="no"):
        next(given)
    assert alone(int, "7") == 7


def test_an_iterator_that_is_left_is_closed_there():
    alone = OneThread()
    closed = []

    def steps():
        try:
            yield from range(9)
        finally:
            closed.append(threading.get_ident())

    given = alone.each(steps())
    assert next(given) == 0
    given.close()
    assert closed == [alone(threading.get_ident)]
    assert list(alone.each(iter([1, 2]))) == [1, 2]


def test_openmp_is_told_to_sleep_before_pytorch_is_imported():
    code = (
        "import sys; from wherefore.serving.threads import wait_passively; "
        "print(wait_passively()); import torch; print(wait_passively())"
    )
    plain = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    for environment, told in (
        (plain, "True\nTrue\n"),
        (plain | {"OMP_WAIT_POLICY": "active"}, "False\nFalse\n"),
    ):
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
        )
        assert run.stdout == told


def test_too_late_says_so(monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert "torch" in sys.modules
    assert not wait_passively()
    assert "OMP_WAIT_POLICY" not in os.environ
