"""Lists as arrays: PostgreSQL reads what was sent, whatever stands in it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import DataError
from sqlalchemy import Engine, text
from sqlalchemy import exc as sa

from oms.store.database import connect

ODD = ["", "NULL", "null", '"', '","', "\\", "a,b", "{}", " ", "it's", "ß\u2003x", "N1:shelf", "\x1f"]
TEXTS = st.lists(
    st.none()
    | st.sampled_from(ODD)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)
NUMBERS = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS, numbers=NUMBERS, truths=st.lists(st.none() | st.booleans()))
def test_arrays_arrive_as_they_were_sent(
    engine: Engine, texts: list[Any], numbers: list[Any], truths: list[Any]
) -> None:
    sent = {"texts": texts, "numbers": numbers, "truths": truths}
    with engine.connect() as conn:
        read = "SELECT CAST(:texts AS text[]), CAST(:numbers AS bigint[]), CAST(:truths AS bool[])"
        assert tuple(conn.execute(text(read), sent).one()) == (texts, numbers, truths)


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
