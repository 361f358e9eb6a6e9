"""Tables know from their own texts how much room they need, and become cards where it is less."""

import re

import pandas as pd
from streamlit.elements.table import marshall_table
from streamlit.proto.Table_pb2 import Table as TableProto

from ntk_uq.ui import fitted_table
from ntk_uq.ui.fitted_table import style_of

COLUMNS = ["width", "N_D", "μ", "found"]
SENTENCE = "no plateau: falls by 10 % from N_D = 166 to 1000"
CELLS = [["16"] * 2, ["25", "1,000"], ["0.2591 ± 0.0013", "…"], [SENTENCE, "–"]]


def needed(cells, columns=COLUMNS, keys=2):
    return float(re.search(r"min-width: (\d+)px", style_of("t", columns, cells, keys))[1])


def test_the_room_for_cards_grows_with_what_cannot_be_broken_and_not_with_sentences():
    room = needed(CELLS)
    assert room > 7 * len("0.2591 ± 0.0013")
    longer = [*CELLS[:2], ["(0.2591 ± 0.0013)e-05", "…"], CELLS[3]]
    assert needed(longer) > room + 5 * len("()e-05")
    assert needed([*CELLS[:3], [3 * SENTENCE, "–"]]) == room
    # A name is broken between its words.
    assert needed(CELLS, ["width", "N_D", "μ, of all of it", "found"]) == room


def test_every_cell_of_a_card_has_its_columns_name_and_no_number_is_broken():
    style = style_of("t", COLUMNS, CELLS, 2)
    table, cards = style.split("@container (max-width")
    assert "td:nth-of-type(1) p { white-space: nowrap; }" in table
    assert "td:nth-of-type(2) p" not in table  # the sentence may be
    for place, name in (("th:nth-of-type(1)", "width"), ("th:nth-of-type(2)", "N_D")):
        assert f'{place}::before {{ content: "{name}"; }}' in cards
    for place, name in (("td:nth-of-type(1)", "μ"), ("td:nth-of-type(2)", "found")):
        assert f'{place}::before {{ content: "{name}"; }}' in cards


def test_a_name_of_somebody_elses_ends_neither_the_text_nor_the_style_and_is_no_markdown():
    name = r'\<\/style\>"; ![](http://x)'
    style = style_of("t", ["a", name + "\n\n# b"], [["1"], ["2"]])
    assert not any(sign in style for sign in ("</", "](", "\n", "http:"))
    assert r"\3c \2f style\3e \22 \3b  \21 \5b \5d \28 http\3a " in style


def test_a_table_is_sent_as_streamlit_would_send_its_rows_and_made_ready_once(monkeypatch):
    rows = [{"": "depth 1", "N_D": "1,000", "μ": "0.26 ± 0.01"}, {"": "2", "N_D": "5", "μ": "–"}]
    texts = tuple(tuple(row.items()) for row in rows)
    for keys in (1, 2):
        table, _ = fitted_table._made("fitted_t", texts, keys)
        ours, streamlits = TableProto(), TableProto()
        marshall_table(ours.arrow_data, table)
        marshall_table(streamlits.arrow_data, pd.DataFrame(rows).set_index(["", "N_D"][:keys]))
        assert ours == streamlits
    drawn = []
    monkeypatch.setattr(fitted_table.st, "table", lambda table, **how: drawn.append((table, how)))
    for _ in range(2):
        fitted_table.draw(rows, "once")
    assert drawn[0][0] is drawn[1][0]
    assert drawn[0][1]["hide_index"] is drawn[0][1]["hide_header"] is False  # as of such rows
