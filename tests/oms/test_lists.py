"""Lists as arrays: PostgreSQL reads what was sent, whatever stands in it."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import DataError
from sqlalchemy import Engine, text
from sqlalchemy import exc as sa

from oms.store.database import connect
from oms.store.lists import Lists

ODD = ["", "NULL", "null", '"', '","', "\\", "a,b", "{}", " ", "it's", "ß\u2003x", "N1:shelf", "\x1f"]
TEXTS = st.lists(
    st.none()
    | st.sampled_from(ODD)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)
INSTANTS = st.datetimes(
    datetime(1900, 1, 1),
    datetime(2200, 1, 1),
    timezones=st.sampled_from([UTC, timezone(-timedelta(hours=9.5))]),
)


class Word(StrEnum):
    PLAIN = "plain"
    ODD = 'a "word", \\ and more'


NUMBERS = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=TEXTS | st.lists(st.sampled_from(Word)),
    numbers=NUMBERS,
    truths=st.lists(st.none() | st.booleans()) | st.lists(st.booleans()),
    instants=st.lists(st.none() | INSTANTS) | st.lists(INSTANTS),
)
def test_arrays_arrive_as_they_were_sent(
    engine: Engine, texts: list[Any], numbers: list[Any], truths: list[Any], instants: list[Any]
) -> None:
    sent = {"texts": texts, "numbers": numbers, "truths": truths, "instants": instants}
    read = """
        SELECT CAST(:texts AS text[]), CAST(:numbers AS bigint[]), CAST(:truths AS bool[]),
            CAST(:instants AS timestamptz[])
    """
    with engine.connect() as conn:
        assert tuple(conn.execute(text(read), sent).one()) == (texts, numbers, truths, instants)


@pytest.mark.parametrize(
    "sent", [[1, 2], ["a", "b"], [True, False], [datetime(2026, 1, 1, tzinfo=UTC)] * 2, [Word.PLAIN] * 2]
)
def test_a_list_of_one_kind_is_written_without_a_look_at_each(sent: list[Any]) -> None:
    """What the driver would give to the elements' own dumper is never asked for."""

    class Blind(Lists):
        def _dump_list(self, obj: Any, tokens: Any, needs_quotes: Any) -> None:
            raise AssertionError("looked at each")

    assert Blind(list).dump(sent)


@pytest.mark.parametrize("numbers", [[], [7], [-(2**31), 0, 2**31 - 1]])
def test_columns_of_numbers_arrive_too(engine: Engine, numbers: list[int]) -> None:
    with engine.connect() as conn:
        sent = {"numbers": np.array(numbers, np.int32)}
        assert conn.scalar(text("SELECT CAST(:numbers AS int[])"), sent) == numbers


def test_a_text_that_postgresql_cannot_hold_is_refused_and_not_cut_short(engine: Engine) -> None:
    with engine.connect() as conn, pytest.raises((sa.DataError, DataError)):
        conn.execute(text("SELECT CAST(:texts AS text[])"), {"texts": ["a\0b", "c"]})


def test_every_engine_of_ours_sends_utf_8_whatever_the_server_would_like(engine: Engine) -> None:
    mine = connect(engine.url.render_as_string(hide_password=False))
    with mine.connect() as conn:
        assert conn.scalar(text("SHOW client_encoding")) == "UTF8"
        assert conn.scalar(text("SELECT CAST(:texts AS text[])"), {"texts": ["Köln", "東京"]}) == [
            "Köln",
            "東京",
        ]
    mine.dispose()
