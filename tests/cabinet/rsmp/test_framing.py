"""Form feeds: wherever the stream is cut, the same messages; and no more kept than allowed."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from greenband.cabinet.rsmp.framing import Deframer, framed

TEXTS = st.lists(st.binary(min_size=1, max_size=30).map(lambda b: b.replace(b"\x0c", b"x")))


@given(TEXTS, st.lists(st.integers(0, 200)))
def test_wherever_it_is_cut(texts: list[bytes], cuts: list[int]) -> None:
    whole = b"\x0c" + b"".join(framed(text) + b"\x0c" for text in texts)
    at = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    deframer = Deframer()
    found = [text for a, b in pairwise(at) for text in deframer.feed(whole[a:b])]
    assert found == [text for text in texts if text.strip()]


def test_what_has_no_end_yet_waits() -> None:
    deframer = Deframer()
    assert list(deframer.feed(b"ab")) == []
    assert list(deframer.feed(b"c\x0cd")) == [b"abc"]


def test_a_message_too_long_is_skipped_and_the_next_is_read() -> None:
    deframer = Deframer(largest=10)
    for _ in range(1000):
        assert list(deframer.feed(b"x" * 100)) == []
        assert len(deframer._kept) <= 10
    assert list(deframer.feed(b"tail\x0cnext\x0c")) == [b"next"]
    assert deframer.skipped == 1


def test_the_longest_that_is_allowed_is_read() -> None:
    assert list(Deframer(largest=10).feed(b"0123456789\x0c")) == [b"0123456789"]
    assert list(Deframer(largest=9).feed(b"0123456789\x0c")) == []
