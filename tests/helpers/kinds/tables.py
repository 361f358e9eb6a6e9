"""Parquet files as pandas, Arrow, Polars, Spark, ROOT and awkward write them."""

import datetime
import io
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.kinds import WORDS, A, B, E, N, Y, changed, parquet, read, refused

QUARTERS = [Decimal(int(a * 4)) / 4 for a in A]


def col(values, kind=None):
    return pa.array(list(values), kind)


def numbers(a, *options, words=(), columns=None, **more):
    return read("p.parquet", parquet(a=a, b=B, y=Y), *options, columns=columns, words=words, **more)


def target(y, *options, words=(), want=None, task="auto"):
    return read(
        "p.parquet",
        parquet(a=A, b=B, y=y),
        *options,
        columns={"a": A, "b": B, "y": want},
        words=words,
        task=task,
    )


def no(words, *options, **columns):
    return refused("p.parquet", parquet(**columns), *options, words=words)


def frame(f, **options):
    out = io.BytesIO()
    f.to_parquet(out, engine="pyarrow", **options)
    return out.getvalue()


def dec(value):
    return [d if i != 5 else value for i, d in enumerate(QUARTERS)]


FRAME = pd.DataFrame({"a": A, "b": B, "y": Y})
NUMBERS = {
    "decimal32": numbers(col(QUARTERS, pa.decimal32(8, 2))),
    "decimal64": numbers(col(QUARTERS, pa.decimal64(16, 2))),
    "decimal128": numbers(col(QUARTERS, pa.decimal128(30, 6))),
    "decimal256": numbers(col(QUARTERS, pa.decimal256(60, 6))),
    "decimal of no scale": read(
        "p.parquet",
        parquet(a=col([Decimal(i) for i in range(N)], pa.decimal128(10, 0)), b=B, y=Y),
        columns={"a": np.arange(N), "b": B, "y": Y},
    ),
    "decimal labels": target(col([Decimal(int(y)) for y in Y], pa.decimal128(5, 0)), want=Y),
    "decimal of many digits": no(
        ("'a'", "index 5", "digits"),
        a=col(dec(Decimal("12345678901234567.25")), pa.decimal128(30, 2)),
        b=B,
        y=Y,
    ),
    "decimal, one missing": no(
        ("'a'", "index 5", "missing"), a=col(dec(None), pa.decimal128(12, 2)), b=B, y=Y
    ),
    "decimal, the target with one missing": no(
        ("'y'", "index 5", "missing", "(?i)fill it in|leave the row out"),
        a=A,
        b=B,
        y=col(dec(None), pa.decimal128(12, 2)),
    ),
    "decimal tenths": read(
        "p.parquet",
        parquet(a=col([Decimal(i) / 10 for i in range(N)], pa.decimal128(12, 1)), b=B, y=Y),
        columns={"a": [float(Decimal(i) / 10) for i in range(N)], "b": B, "y": Y},
    ),
    "dictionary of integers": read(
        "p.parquet",
        parquet(a=col((A * 2).astype(int)).dictionary_encode(), b=B, y=Y),
        columns={"a": A * 2, "b": B, "y": Y},
    ),
    "dictionary of floats": numbers(col(A).dictionary_encode()),
    "dictionary of integers, the target": target(col(Y).dictionary_encode(), want=Y),
    "pandas, categories of integers": read(
        "p.parquet", frame(FRAME.astype({"y": "category"}), index=False)
    ),
    "pandas, nullable integers": read(
        "p.parquet", frame(FRAME.astype({"y": "Int64"}), index=False)
    ),
    "pandas, nullable floats": read(
        "p.parquet", frame(FRAME.astype({"a": "Float32"}), index=False)
    ),
    "pandas, sparse": read("p.parquet", frame(FRAME.assign(a=A.astype("f4")), index=False)),
    "half": numbers(col(A.astype("f2"), pa.float16())),
    "int8": numbers(col((A * 2).astype("i1")), columns={"a": A * 2, "b": B, "y": Y}),
    "uint64": numbers(col((A * 2 + 6).astype("u8")), columns={"a": A * 2 + 6, "b": B, "y": Y}),
    "uint64, an identifier": no(
        ("'a'", "index 0", r"2\^53"), a=col([2**63 + i for i in range(N)], pa.uint64()), b=B, y=Y
    ),
    "int, one missing": no(
        ("'a'", "index 5", "missing", "(?i)fill it in"),
        a=col(changed(A.astype(int).tolist(), 5, None)),
        b=B,
        y=Y,
    ),
    "float, one missing": no(
        ("'a'", "index 5", "missing", "(?i)fill it in"), a=col(changed(A, 5, None)), b=B, y=Y
    ),
    "float, one nan": no(
        ("'a'", "index 5", "nan", "(?i)fill it in"), a=col(changed(A, 5, float("nan"))), b=B, y=Y
    ),
    "int, the target with one missing": no(
        ("'y'", "index 5", "missing", "(?i)fill it in|leave the row out"),
        a=A,
        b=B,
        y=col(changed(Y.tolist(), 5, None)),
    ),
    "bool, the target with one missing": no(
        ("'y'", "index 5", "missing", "(?i)fill it in|leave the row out"),
        a=A,
        b=B,
        y=col(changed((Y == 1).tolist(), 5, None)),
    ),
    "text, the target with one missing": no(
        ("'y'", "index 5", "missing", "(?i)fill it in|leave the row out"),
        a=A,
        b=B,
        y=col(changed(WORDS, 5, None)),
    ),
    "float, the target with one missing": no(
        ("'y'", "index 5", "missing", "(?i)fill it in|leave the row out"),
        a=A,
        b=B,
        y=col(changed(E, 5, None)),
    ),
    "missing, and classification by choice": no(
        ("'y'", "index 5", "missing", "(?i)fill it in|leave the row out"),
        "--task",
        "classification",
        a=A,
        b=B,
        y=col(changed(Y.tolist(), 5, None)),
    ),
    "missing, left out": read(
        "p.parquet", parquet(a=A, b=B, y=Y, z=col(changed(A, 5, None))), "--ignore-columns", "z"
    ),
    "nothing at all": no(("'z'", "missing|nothing|null"), a=A, z=pa.nulls(N), y=Y),
    "pandas, a named index": read(
        "p.parquet",
        frame(FRAME.set_index(pd.Index(np.arange(N) ** 2, name="event"))),
        "--ignore-columns",
        "event",
    ),
    "pandas, an unnamed index": no(
        ("__index_level_0__", "index=False"), a=A, b=B, y=Y, __index_level_0__=np.arange(N)
    ),
    "pandas, a range index": read("p.parquet", frame(FRAME)),
    "pandas, a filtered index": refused(
        "p.parquet",
        frame(pd.concat([FRAME, FRAME]).iloc[::2]),
        words=("__index_level_0__", "index=False"),
    ),
    "pandas, two levels": refused(
        "p.parquet", parquet(**{"('a', 'x')": pa.nulls(N), "b": B, "y": Y}), words="a.*x"
    ),
    "times": no(
        ("'t'", "dates or times"), a=A, y=Y, t=pa.array([datetime.datetime(2024, 1, 1)] * N)
    ),
    "times with a zone": no(
        ("'t'", "dates or times"),
        a=A,
        y=Y,
        t=pa.array([datetime.datetime(2024, 1, 1)] * N, pa.timestamp("us", "UTC")),
    ),
    "times, left out": read(
        "p.parquet",
        parquet(a=A, b=B, y=Y, t=pa.array([datetime.datetime(2024, 1, 1)] * N)),
        "--ignore-columns",
        "t",
    ),
    "durations": no(("'t'", "dates or times"), a=A, y=Y, t=pa.array([datetime.timedelta(1)] * N)),
    "times as the target": no(
        ("'y'", "dates or times", "number"),
        a=A,
        b=B,
        y=pa.array([datetime.datetime(2024, 1, 1)] * N),
    ),
    "awkward, ragged": no(
        ("'hits'", "lists", "leave the column out"),
        a=A,
        y=Y,
        hits=col([[1.0] * (i % 3) for i in range(N)]),
    ),
    "awkward, regular": read(
        "p.parquet",
        parquet(x=pa.FixedSizeListArray.from_arrays(pa.array(np.stack([A, B], 1).ravel()), 2), y=Y),
        columns={"x": np.stack([A, B], 1), "y": Y},
    ),
    "awkward, lists all of one length": read(
        "p.parquet",
        parquet(x=col(np.stack([A, B], 1).tolist()), y=Y),
        columns={"x": np.stack([A, B], 1), "y": Y},
    ),
    "awkward, records": no(
        ("'p4'", "records", "leave the column out"), a=A, y=Y, p4=col([{"px": 1.0, "py": 2.0}] * N)
    ),
    "ROOT, branches with dots": read(
        "p.parquet",
        parquet(**{"jet.pt": A, "jet.eta": B, "y": Y}),
        columns={"jet.pt": A, "jet.eta": B, "y": Y},
    ),
    "names with hashes": read(
        "p.parquet", parquet(**{"# a": A, "b": B, "y": Y}), columns={"# a": A, "b": B, "y": Y}
    ),
    "empty name": refused("p.parquet", parquet(**{"": A, "b": B, "y": Y}), words="no name"),
    "several row groups": read(
        "p.parquet",
        (
            lambda o: (
                pa.parquet.write_table(pa.table({"a": A, "b": B, "y": Y}), o, row_group_size=7),
                o.getvalue(),
            )[1]
        )(io.BytesIO()),
    ),
    "bool": target(col(Y == 1), want=Y == 1),
}


def text(y, **more):
    return target(y, want=WORDS, **more)


UUID = [bytes([i // 20] * 16) for i in range(N)]
TEXT = {
    "string": text(col(WORDS)),
    "large_string": text(col(WORDS, pa.large_string())),
    "string_view": text(col(WORDS, pa.string_view())),
    "dictionary": text(col(WORDS).dictionary_encode()),
    "dictionary of int8": text(
        col(WORDS).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string()))
    ),
    "dictionary of large_string": text(
        pa.DictionaryArray.from_arrays(col(Y, pa.int16()), col(["dog", "cat"], pa.large_string()))
    ),
    "dictionary, ordered": text(
        pa.DictionaryArray.from_arrays(col(Y, pa.int16()), col(["dog", "cat"]), ordered=True)
    ),
    "dictionary with what is not used": text(
        pa.DictionaryArray.from_arrays(col(Y, pa.int32()), col(["dog", "cat", "cow"]))
    ),
    "dictionary, twice the same": text(
        pa.DictionaryArray.from_arrays(
            col(Y * (1 + np.arange(N) % 2), pa.int32()), col(["dog", "cat", "cat "])
        )
    ),
    "blanks": text(col([w + " " * (i % 2) for i, w in enumerate(WORDS)])),
    "pandas, category": read(
        "p.parquet",
        frame(pd.DataFrame({"a": A, "b": B, "y": pd.Categorical(WORDS)})),
        columns={"a": A, "b": B, "y": WORDS},
    ),
    "pandas, string": read(
        "p.parquet",
        frame(pd.DataFrame({"a": A, "b": B, "y": pd.array(WORDS, "string")})),
        columns={"a": A, "b": B, "y": WORDS},
    ),
    "pandas, object": read(
        "p.parquet",
        frame(pd.DataFrame({"a": A, "b": B, "y": np.array(WORDS, object)})),
        columns={"a": A, "b": B, "y": WORDS},
    ),
    "binary": no(
        ("'y'", "bytes", "(?i)save text as strings"), a=A, b=B, y=col([w.encode() for w in WORDS])
    ),
    "large_binary": no(
        ("'y'", "bytes", "(?i)save text as strings"),
        a=A,
        b=B,
        y=col([w.encode() for w in WORDS], pa.large_binary()),
    ),
    "binary_view": no(
        ("'y'", "bytes", "(?i)save text as strings"),
        a=A,
        b=B,
        y=col([w.encode() for w in WORDS], pa.binary_view()),
    ),
    "dictionary of binary": no(
        ("'y'", "bytes", "(?i)save text as strings"),
        a=A,
        b=B,
        y=col([w.encode() for w in WORDS]).dictionary_encode(),
    ),
    "fixed-size binary": no(
        ("'y'", "bytes", "(?i)save text as strings"),
        a=A,
        b=B,
        y=col([w.encode() for w in WORDS], pa.binary(3)),
    ),
    "uuid": no(
        ("'y'", "uuid|bytes", "text|strings"),
        a=A,
        b=B,
        y=pa.ExtensionArray.from_storage(pa.uuid(), col(UUID, pa.binary(16))),
    ),
    "uuid left out": read(
        "p.parquet",
        parquet(
            a=A, b=B, y=Y, id=pa.ExtensionArray.from_storage(pa.uuid(), col(UUID, pa.binary(16)))
        ),
        "--ignore-columns",
        "id",
    ),
    "json": no(("'z'",), a=A, y=Y, z=pa.ExtensionArray.from_storage(pa.json_(), col(["{}"] * N))),
    "binary in an input": no(("'z'", "bytes", "leave the column out"), a=A, y=Y, z=col([b"1"] * N)),
    "numbers as text": no(("'a'", "index 0", "text|number"), a=col([str(a) for a in A]), b=B, y=Y),
    "NA": target(
        col(changed(WORDS, 4, "NA")), want=changed(WORDS, 4, "NA"), words="'NA' in column 'y'"
    ),
    "None as text": target(
        col(changed(WORDS, 4, "None")), want=changed(WORDS, 4, "None"), words="'None' in column 'y'"
    ),
    "nan as text": no(
        ("'y'", "index 4", "has no label"), a=A, b=B, y=col(changed(WORDS, 4, "nan"))
    ),
    "empty": no(("'y'", "index 4", "has no label"), a=A, b=B, y=col(changed(WORDS, 4, ""))),
    "category, one missing": no(
        ("'y'", "index 4", "missing", "(?i)fill it in|leave the row out"),
        a=A,
        b=B,
        y=col(changed(WORDS, 4, None)).dictionary_encode(),
    ),
    "view, one missing": no(
        ("'y'", "index 4", "missing", "(?i)fill it in|leave the row out"),
        a=A,
        b=B,
        y=col(changed(WORDS, 4, None), pa.string_view()),
    ),
    "missing in another block": refused(
        "p.parquet",
        (
            lambda o: (
                pa.parquet.write_table(
                    pa.table({"a": A, "b": B, "y": col(changed(WORDS, 30, None))}),
                    o,
                    row_group_size=7,
                ),
                o.getvalue(),
            )[1]
        )(io.BytesIO()),
        words=("'y'", "index 30", "missing"),
    ),
    "booleans as text": target(
        col(["True" if y else "False" for y in Y]), want=["True" if y else "False" for y in Y]
    ),
    "many": no(("'y'", "classes"), a=A, b=B, y=col([f"w{i}" for i in range(N)])),
    "case": target(
        col(changed(WORDS, 6, "Cat")),
        want=changed(WORDS, 6, "Cat"),
        words="'Cat'.*'cat'|'cat'.*'Cat'",
    ),
}

KINDS = {"numbers": NUMBERS, "text": TEXT}
