"""BibTeX, read by a parser that did not write it."""

import re

import bibtexparser
import pytest

from ntk_uq import datasets
from ntk_uq.export.bibliography import PAPER, SOURCES, bibtex, of_data, of_theory
from ntk_uq.specs import DataSpec, TrainingSpec

REQUIRED = {  # by BibTeX's own manual
    "article": {"author", "title", "journal", "year"},
    "inproceedings": {"author", "title", "booktitle", "year"},
    "techreport": {"author", "title", "institution", "year"},
    "book": {"author", "title", "publisher", "year"},
    "misc": {"author", "title", "year"},
}


def test_every_entry_is_read_and_complete():
    library = bibtexparser.parse_string(bibtex(SOURCES))
    assert not library.failed_blocks
    assert [entry.key for entry in library.entries] == list(SOURCES)
    for entry in library.entries:
        found = entry.fields_dict
        assert REQUIRED[entry.entry_type] <= set(found), entry.key
        assert re.fullmatch(r"(19|20)\d\d", found["year"].value)
        assert entry.key.startswith("calochallenge") or entry.key.endswith(found["year"].value)
        assert all(", " in name for name in found["author"].value.split(" and "))
        if "doi" in found:
            assert re.fullmatch(r"10\.\d{4,}/\S+", found["doi"].value)
        if "eprint" in found:
            assert found["archiveprefix"].value == "arXiv"
            assert re.fullmatch(r"\d{4}\.\d{5}|[a-z-]+/\d{7}", found["eprint"].value)


def test_the_papers_are_those_that_the_documents_name():
    eprints = {dict(s.fields).get("eprint") for s in SOURCES.values()}
    assert {"2503.05938", "1912.02803", "1806.07572", "1902.06720", "2007.15801"} <= eprints


@pytest.mark.parametrize("name", datasets.REGISTRY)
def test_every_data_set_has_a_source_of_its_own_year_or_number(name):
    (key,) = of_data(DataSpec(name))
    fields = dict(SOURCES[key].fields)
    said = datasets.get(name).citation
    marks = [fields.get("eprint"), fields.get("doi"), fields["year"], fields.get("note", "")]
    family = re.split(r",", fields["author"])[0]
    assert any(mark and mark in said for mark in marks) or family in said


def test_what_a_view_rests_on():
    assert of_theory(TrainingSpec())[0] == PAPER
    assert "lee2018" in of_theory(TrainingSpec("bayes"))
    assert "lee2019" in of_theory(TrainingSpec(steps=3))
    assert of_data(DataSpec("own-" + "0" * 40)) == ()
    assert "lee2020" in of_data(DataSpec(zca=0.1))
    assert bibtex([PAPER, PAPER]).count("@misc") == 1


def test_words_are_without_markup():
    words = SOURCES["jacot2018"].words()
    assert words == (
        "Jacot, Arthur; Gabriel, Franck; Hongler, Clément, Neural Tangent Kernel: Convergence and "
        "Generalization in Neural Networks, Advances in Neural Information Processing Systems 31, "
        "2018, arXiv:1806.07572"
    )
