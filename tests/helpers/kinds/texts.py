"""Texts as other programs write them."""

import pandas as pd

from helpers.kinds import WORDS, A, B, E, N, Y, changed, read, refused, savetxt, table

BIG = [1234.5 * (i + 1) for i in range(N)]


def grouped(mark, point):
    return [f"{v:,.1f}".translate({ord(","): mark, ord("."): point}) for v in BIG]


def quoted(values):
    return [f'"{v}"' for v in values]


def thousands(values, sep, *options, head="a,b,y", words="thousands separators"):
    text = table(
        values,
        B if "comma" not in options else [str(b).replace(".", ",") for b in B],
        Y,
        head=head.replace(",", sep),
        sep=sep,
    )
    return refused("t.csv", text, *options, words=(r"column 'a', line 2", words))


THOUSANDS = {
    "american, quoted": thousands(quoted(grouped(",", ".")), ","),
    "american between semicolons": thousands(grouped(",", "."), ";"),
    "american between tabs": thousands(grouped(",", "."), "\t"),
    "german": thousands(grouped(".", ","), ";"),
    "german, the comma chosen": thousands(
        grouped(".", ","), ";", "--decimal", "comma", words="thousands separators.*1234,50"
    ),
    "french": thousands(grouped(" ", ","), ";"),
    "french, narrow no-break": thousands(grouped("\u202f", ","), ";"),
    "french, no-break": thousands(grouped("\u00a0", ","), ";"),
    "swiss": thousands(grouped("'", "."), ","),
    "swiss, typographic": thousands(grouped("\u2019", "."), ","),
    "python": thousands(grouped("_", "."), ","),
    "indian": thousands(quoted(changed(grouped(",", "."), 0, "12,34,567.8")), ","),
    "arabic": thousands(grouped("\u066c", "\u066b"), ",", words="is not a number"),
    "accounting": thousands(
        quoted(changed(grouped(",", "."), 0, "(1,234.50)")),
        ",",
        words="thousands separators|negative",
    ),
    "dollars": thousands(
        quoted([f"${v}" for v in grouped(",", ".")]), ",", words="thousands|unit or a sign"
    ),
    "fullwidth": thousands(
        quoted(changed(grouped(",", "."), 0, "１，２３４")), ",", words="is not a number"
    ),
    "whole, american": thousands(
        quoted([f"{int(v) + 1000:,}" for v in BIG]), ",", words="thousands"
    ),
    "the target": refused(
        "t.csv",
        table(A, B, quoted(grouped(",", "."))),
        words=("column 'y', line 2", "thousands separators"),
    ),
    "the target, with repeated values": refused(
        "t.csv",
        table(A, B, quoted([f"{1000 * (y + 1):,}" for y in Y])),
        words=("column 'y', line 2", "thousand", "classification"),
    ),
    "the target, classes by choice": read(
        "t.csv",
        table(A, B, quoted([f"{1000 * (y + 1):,}" for y in Y])),
        "--task",
        "classification",
        columns={"a": A, "b": B, "y": [f"{1000 * (y + 1):,}" for y in Y]},
        task="classification",
    ),
    "one in the last row": refused(
        "t.csv", table(quoted(changed(A, N - 1, "1,000,000")), B, Y), words=("line 41", "thousands")
    ),
}

ROWS = (A, B, Y)
BLANKS = {
    "savetxt as it is": refused(
        "s.txt", savetxt(ROWS), words=("no header", "without a header|--header none")
    ),
    "savetxt without a header by choice": read(
        "s.txt",
        savetxt(ROWS),
        "--header",
        "none",
        "--target-columns",
        "column3",
        columns={"column1": A, "column2": B, "column3": Y},
        targets=("column3",),
    ),
    "savetxt, a header": read("s.dat", savetxt(ROWS, header="a b y")),
    "savetxt, header without a mark": read("s.dat", savetxt(ROWS, header="a b y", comments="")),
    "savetxt, percent mark": read("s.dat", savetxt(ROWS, header="a b y", comments="% ")),
    "savetxt, two lines of header": read(
        "s.dat", savetxt(ROWS, header="run 5 of 2024\na b y"), words="comment|left out"
    ),
    "savetxt, fixed width": read("s.dat", savetxt(ROWS, header="a b y", fmt="%12.6f")),
    "savetxt, tabs and a marked header": read(
        "s.dat", savetxt(ROWS, header="a\tb\ty", delimiter="\t")
    ),
    "savetxt, comma and blank": read("s.csv", savetxt(ROWS, header="a, b, y", delimiter=", ")),
    "savetxt, a header with commas above blanks": read("s.dat", savetxt(ROWS, header="a, b, y")),
    "savetxt, a footer": read(
        "s.dat", savetxt(ROWS, header="a b y", footer="end of run 5"), words="comment|left out"
    ),
    "R, write.table": read(
        "r.txt",
        '"a" "b" "y"\n'
        + "".join(
            f'"{i + 1}" {a} {b} {y}\n' for i, (a, b, y) in enumerate(zip(A, B, Y, strict=True))
        ),
        words="row names|numbers of rows|names of rows",
    ),
    "R, names of cars": read(
        "r.csv",
        '"a","b","y"\n' + table([f'"Mazda RX{i}"' for i in range(N)], A, B, Y, head=None),
        words="row names",
    ),
    "R, without row names": read("r.txt", table(*ROWS, head='"a" "b" "y"', sep=" ")),
    "R, text": read(
        "r.txt",
        table(A, B, quoted(WORDS), head='"a" "b" "y"', sep=" "),
        columns={"a": A, "b": B, "y": WORDS},
    ),
    "R, tabs": read(
        "r.tsv",
        table(A, B, quoted(WORDS), head='"a"\t"b"\t"y"', sep="\t"),
        columns={"a": A, "b": B, "y": WORDS},
    ),
    "Fortran, list-directed": read(
        "f.dat",
        "".join(
            f"  {a:.16G}       {b:.16G}      {y:11d}    \n" for a, b, y in zip(*ROWS, strict=True)
        ),
        "--header",
        "none",
        "--target-columns",
        "column3",
        columns={"column1": A, "column2": B, "column3": Y},
        targets=("column3",),
    ),
    "pandas, to_string": read(
        "p.txt",
        pd.DataFrame({"a": A, "b": B, "y": Y}).to_string(),
        words="numbers of rows|row names|names of rows",
    ),
    "pandas, to_string without an index": read(
        "p.txt", pd.DataFrame({"a": A, "b": B, "y": Y}).to_string(index=False)
    ),
    "gnuplot, two blocks": read(
        "g.dat", "# a b y\n" + table(*ROWS, head=None, sep=" ").replace("\n", "\n\n\n", 20)
    ),
    "a label of text": read(
        "l.dat", table(A, B, WORDS, head="a b y", sep="  "), columns={"a": A, "b": B, "y": WORDS}
    ),
    "units": read(
        "u.dat",
        table(*ROWS, head="# a[GeV] b[cm] y", sep="  "),
        columns={"a[GeV]": A, "b[cm]": B, "y": Y},
    ),
    "tabs and blanks mixed": read("m.dat", table(*ROWS, head="a \tb  y", sep=" \t ")),
    "comments between": read(
        "c.dat",
        table(*ROWS, head="# a b y", sep=" ")
        .replace("\n", "\n# part two\n", 9)
        .replace("\n# part two\n", "\n", 8),
        words="comment|left out",
    ),
}

FORTRAN = {}
for label, form in {
    "D": lambda v: f"{v:.6E}".replace("E", "D"),
    "d": lambda v: f"{v:.6e}".replace("e", "d"),
    "leading nought": lambda v: f"{v / 10:.7f}D+01",
    "no digits before": lambda v: f"{v / 10:.7f}D+01".replace("0.", ".", 1),
    "E": lambda v: f"{v:.6E}",
    "Q": lambda v: f"{v:.6f}Q0",
    "no sign in exponent": lambda v: f"{v:.6f}D0",
    "plus": lambda v: f"{v:+.6f}D0",
    "blanks around": lambda v: f"   {v:.6f}D0  ",
}.items():
    FORTRAN[label] = read("f.csv", table([form(a) for a in A], B, Y))
    FORTRAN[f"{label}, blanks"] = read(
        "f.dat", table([form(a) for a in A], [form(b) for b in B], Y, head="a b y", sep="  ")
    )
FORTRAN |= {
    "three digits of exponent": refused(
        "f.csv", table(changed(A, 3, "0.15-100"), B, Y), words=("line 5", "exponent", r"0\.15E-100")
    ),
    "three digits of exponent, blanks": refused(
        "f.dat",
        table(changed(A, 3, "-.15+100"), B, Y, head="a b y", sep="  "),
        words=("line 5", "exponent", r"-\.15E\+100"),
    ),
    "decimal comma": read(
        "f.csv",
        table(
            [f"{a:.4f}D0".replace(".", ",") for a in A],
            [str(b).replace(".", ",") for b in B],
            Y,
            head="a;b;y",
            sep=";",
        ),
        words="comma is taken",
    ),
    "a target": read(
        "f.csv", table(A, B, [f"{e:.6f}D0" for e in E]), columns={"a": A, "b": B, "y": E}
    ),
    "too wide": refused(
        "f.csv",
        table(changed(A, 4, "********"), B, Y),
        words=("line 6", r"\*\*\*\*", "Fortran|field"),
    ),
    "infinite": refused(
        "f.csv", table(changed(A, 4, "Infinity"), B, Y), words=("line 6", "infinite")
    ),
    "complex": refused(
        "f.csv", table(quoted(changed(A, 4, "(1.0,2.0)")), B, Y), words=("line 6", "complex")
    ),
    "logical": read(
        "f.csv",
        table(A, B, ["T" if y else "F" for y in Y]),
        columns={"a": A, "b": B, "y": ["T" if y else "F" for y in Y]},
    ),
    "repeated": refused(
        "f.dat",
        table(changed(A, 4, "2*1.5"), B, Y, head="a b y", sep=" "),
        words=("line 6", r"2\*1\.5"),
    ),
}


def labels(*, cat="cat", **more):
    return read(
        "l.csv",
        table(A, B, changed(WORDS, 6, cat), **more),
        columns={"a": A, "b": B, "y": changed(WORDS, 6, "cat")},
    )


LABELS = {
    f"{cat!a}": labels(cat=cat)
    for cat in (
        "cat ",
        " cat",
        "cat\t",
        "\tcat",
        "cat\u00a0",
        "\u00a0cat",
        "cat\u2003",
        "cat\u3000",
        '"cat "',
        '" cat"',
        '"cat\r"',
        "cat\u200b",
        "\ufeffcat",
        "  cat  ",
    )
}
LABELS |= {
    "case": read(
        "l.csv",
        table(A, B, changed(WORDS, 6, "Cat")),
        columns={"a": A, "b": B, "y": changed(WORDS, 6, "Cat")},
        words="'Cat'.*'cat'|'cat'.*'Cat'",
    ),
    "blanks inside": read(
        "l.csv",
        table(
            A,
            B,
            [w.replace("cat", "big cat") if i != 6 else "big  cat" for i, w in enumerate(WORDS)],
        ),
        columns={
            "a": A,
            "b": B,
            "y": [
                w.replace("cat", "big cat") if i != 6 else "big  cat" for i, w in enumerate(WORDS)
            ],
        },
        words="'big  cat'",
    ),
    "composed": read(
        "l.csv",
        table(
            A,
            B,
            [
                w.replace("cat", "chat\u00e9" if i != 2 else "chate\u0301")
                for i, w in enumerate(WORDS)
            ],
        ),
        columns={
            "a": A,
            "b": B,
            "y": [
                w.replace("cat", "chat\u00e9" if i != 2 else "chate\u0301")
                for i, w in enumerate(WORDS)
            ],
        },
        words="differ",
    ),
    "numbers with blanks": read("l.csv", table(A, B, [f" {y} " for y in Y])),
    "numbers as words of one width": read("l.csv", table(A, B, [f"{y:02d}" for y in Y])),
}


def na(text, words=None):
    y = changed(changed(WORDS, 4, text), 7, text)
    if words is None:
        return read(
            "n.csv",
            table(A, B, y),
            columns={"a": A, "b": B, "y": y},
            words=(
                rf"'{text}' in column 'y' is taken for a class".replace("?", r"\?").replace(
                    "#N/A", "#N/A"
                ),
            ),
        )
    return refused("n.csv", table(A, B, y), words=("column 'y', line 6", words))


MISSING = {
    **{
        text: na(text)
        for text in (
            "NA",
            "N/A",
            "n/a",
            "None",
            "none",
            "null",
            "NULL",
            "<NA>",
            "?",
            "-",
            "#N/A",
            "NaT",
            ".",
        )
    },
    "": na("", "has no label"),
    "blank": na(" ", "has no label"),
    "nan": na("nan", "has no label"),
    "NaN": na("NaN", "has no label"),
    '""': na('""', "has no label"),
    "R": read(
        "n.csv",
        table(A, B, quoted(changed(WORDS, 4, "NA")), head='"a","b","y"'),
        columns={"a": A, "b": B, "y": changed(WORDS, 4, "NA")},
        words="'NA' in column 'y' is taken for a class",
    ),
    "in an input": refused(
        "n.csv", table(changed(A, 4, "NA"), B, Y), words=("column 'a', line 6", "missing value")
    ),
    "pandas in an input": refused(
        "n.csv", table(changed(A, 4, "<NA>"), B, Y), words=("column 'a', line 6", "missing value")
    ),
    "SAS in an input": refused(
        "n.csv", table(changed(A, 4, "."), B, Y), words=("column 'a', line 6", "missing value")
    ),
    "Excel in an input": refused(
        "n.csv",
        table(changed(A, 4, "#DIV/0!"), B, Y),
        words=("column 'a', line 6", "Excel|spreadsheet|missing"),
    ),
    "a regression": refused(
        "n.csv",
        table(A, B, changed(E, 4, "NA")),
        words=("column 'y', line 6", "missing value", "(?i)fill it in|leave the row out"),
    ),
    "labels that are numbers": refused(
        "n.csv",
        table(A, B, changed(Y, 4, "NA")),
        words=("column 'y', line 6", "missing value", "(?i)fill it in|leave the row out"),
    ),
    "labels that are numbers, classes by choice": read(
        "n.csv",
        table(A, B, changed(Y, 4, "NA")),
        "--task",
        "classification",
        columns={"a": A, "b": B, "y": [str(v) for v in changed(Y, 4, "NA")]},
        task="classification",
        words="'NA' in column 'y'",
    ),
    "booleans": refused(
        "n.csv",
        table(A, B, changed([str(bool(y)) for y in Y], 4, "")),
        words=("column 'y', line 6", "missing|no label"),
    ),
}


def named(name, cell=None, **more):
    text = table(A, B, Y, head=f"{cell or name},b,y")
    return read("q.csv", text, columns={name: A, "b": B, "y": Y}, **more)


NAMES = {
    "hash": named("# hits", '"# hits"'),
    "hash alone": named("#", '"#"'),
    "hash without a blank": named("#hits", '"#hits"'),
    "hash behind a mark": read(
        "q.csv", "\ufeff" + table(*ROWS, head='"# hits",b,y'), columns={"# hits": A, "b": B, "y": Y}
    ),
    "hash in the middle": read(
        "q.csv", table(*ROWS, head='"a","# b","y"'), columns={"a": A, "# b": B, "y": Y}
    ),
    "hash, semicolons": read(
        "q.csv", table(*ROWS, head='"# a";"b";"y"', sep=";"), columns={"# a": A, "b": B, "y": Y}
    ),
    "hash, tabs": read(
        "q.tsv", table(*ROWS, head='"# a"\t"b"\t"y"', sep="\t"), columns={"# a": A, "b": B, "y": Y}
    ),
    "hash, blanks": read(
        "q.dat", table(*ROWS, head='"# a" "b" "y"', sep=" "), columns={"# a": A, "b": B, "y": Y}
    ),
    "blanks before a quote": read(
        "q.csv", table(*ROWS, head=' "# a",b,y'), columns={"# a": A, "b": B, "y": Y}
    ),
    "R's dots": named("Sepal.Length"),
    "a comma": named("a, b", '"a, b"'),
    "quotes": named('a "b"', '"a ""b"""'),
    "a year in quotes": named("2020", '"2020"'),
    "blanks around": named("a", "  a  "),
    "no-break blanks around": named("a", "\u00a0a\u00a0"),
    "units": named("E [GeV]"),
    "percent": named("100 %"),
    "greek": named("σ_w"),
    "case": read("q.csv", table(*ROWS, head="B,b,y"), columns={"B": A, "b": B, "y": Y}),
    "twice": refused("q.csv", table(*ROWS, head='"# a","# a",y'), words="two columns named '# a'"),
    "twice but for blanks": refused(
        "q.csv", table(*ROWS, head="b , b,y"), words="two columns named 'b'"
    ),
    "empty in the middle": refused("q.csv", table(*ROWS, head="a,,y"), words=("has no name", "2")),
    "empty and quoted": refused(
        "q.csv", table(*ROWS, head='"a","","y"'), words=("has no name", "2")
    ),
    "R's row names": refused(
        "q.csv", table(range(N), A, B, Y, head='"","a","b","y"'), words="has no name"
    ),
    "pandas index read again": refused(
        "q.csv",
        table(range(N), A, B, Y, head="Unnamed: 0,a,b,y"),
        words=("Unnamed: 0", "index=False"),
    ),
    "a line end": refused("q.csv", table(*ROWS, head='"a\nb",b,y'), words=r"a\\nb"),
    "too long": refused("q.csv", table(*ROWS, head="a" * 300 + ",b,y"), words="at most 200"),
}


def encoded(code, mark="", words=None):
    return refused("e.csv", (mark + table(A, B, Y)).encode(code), words=words)


ENCODINGS = {
    "utf-16-le": encoded("utf-16-le", "\ufeff", ("UTF-16", "UTF-8")),
    "utf-16-be": encoded("utf-16-be", "\ufeff", ("UTF-16", "UTF-8")),
    "utf-16-le, no mark": encoded("utf-16-le", words=("UTF-16", "UTF-8")),
    "utf-16-be, no mark": encoded("utf-16-be", words=("UTF-16", "UTF-8")),
    "utf-32-le": encoded("utf-32-le", "\ufeff", ("UTF-32", "UTF-8")),
    "utf-32-be": encoded("utf-32-be", "\ufeff", ("UTF-32", "UTF-8")),
    "utf-32-le, no mark": encoded("utf-32-le", words=("UTF-32", "UTF-8")),
    "utf-32-be, no mark": encoded("utf-32-be", words=("UTF-32", "UTF-8")),
    "latin-1 labels": refused(
        "e.csv",
        table(A, B, changed(WORDS, 3, "café")).encode("latin-1"),
        words=("line 5", "not UTF-8", "Latin-1"),
    ),
    "latin-1 in the last line": refused(
        "e.csv",
        table(A, B, changed(WORDS, N - 1, "café")).encode("latin-1"),
        words=("line 41", "not UTF-8"),
    ),
    "latin-1 header": refused(
        "e.csv", table(*ROWS, head="é,b,y").encode("latin-1"), words=("line 1", "not UTF-8")
    ),
    "windows-1252": refused(
        "e.csv",
        table(A, B, changed(WORDS, 3, "“cat”")).encode("cp1252"),
        words=("line 5", "not UTF-8"),
    ),
    "two marks": read("e.csv", "\ufeff\ufeff" + table(*ROWS)),
    "crlf": read("e.csv", table(*ROWS, end="\r\n")),
    "cr": refused("e.csv", table(*ROWS, end="\r"), words="carriage returns"),
    "mixed ends": read("e.csv", table(*ROWS).replace("\n", "\r\n", 15)),
    "header with crlf, rows with lf": read("e.csv", table(*ROWS).replace("\n", "\r\n", 1)),
    "two carriage returns": read("e.csv", table(*ROWS, end="\r\r\n")),
    "no end at the end": read("e.csv", table(*ROWS).rstrip("\n")),
    "dos's end of file": read("e.csv", table(*ROWS) + "\x1a"),
    "a form feed at the end": read("e.csv", table(*ROWS) + "\f\n"),
    "blank lines at the end": read("e.csv", table(*ROWS) + "\n   \n\n"),
    "blank lines of separators at the end": refused(
        "e.csv", table(*ROWS) + ",,\n,,\n", words=("line 42", "missing", "leave the row out")
    ),
    "excel": read(
        "e.csv",
        "\ufeffsep=;\r\n"
        + table(
            [str(a).replace(".", ",") for a in A],
            [str(b).replace(".", ",") for b in B],
            Y,
            head="a;b;y",
            sep=";",
            end="\r\n",
        ),
        words="comma is taken",
    ),
    "excel, american": read("e.csv", "\ufeffsep=,\r\n" + table(*ROWS, end="\r\n")),
    "excel, bars": refused(
        "e.csv",
        "sep=|\r\n" + table(*ROWS, head="a|b|y", sep="|", end="\r\n"),
        words=(r"'a\|b\|y'", "commas, semicolons, tabs or blanks"),
    ),
    "units in a second line": refused(
        "e.csv", table(*ROWS, head="a,b,y\nGeV,cm,"), words=("line 2", "second header|unit")
    ),
    "units in a second line of brackets": refused(
        "e.csv", table(*ROWS, head="a,b,y\n[GeV],[cm],[]"), words=("line 2", "second header|unit")
    ),
    "comment at the end": read("e.csv", table(*ROWS) + "# 40 rows\n", words="comment|left out"),
    "comments above": read(
        "e.csv", "# made by us\n# in 2024, in May\n" + table(*ROWS), words="comment|left out"
    ),
    "total at the end": refused("e.csv", table(*ROWS) + "Total,12,\n", words=("line 42", "Total")),
    "separator at the end of all": refused(
        "e.csv",
        table(*ROWS, head="a,b,y,").replace("\n", ",\n").replace(",,\n", ",\n"),
        words=("ends in a separator", "Leave it out"),
    ),
    "separator at the end of rows": refused(
        "e.csv",
        table(*ROWS).replace("\n", ",\n").replace("y,\n", "y\n"),
        words=("line 2", "end in a separator"),
    ),
}

KINDS = {
    "thousands": THOUSANDS,
    "blanks": BLANKS,
    "fortran": FORTRAN,
    "labels": LABELS,
    "missing": MISSING,
    "names": NAMES,
    "encodings": ENCODINGS,
}
