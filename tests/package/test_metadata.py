"""What is said of the package in several files is the same in all of them."""

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from ntk_uq import VERSION
from ntk_uq.base import paths, settings
from ntk_uq.export.bibliography import PAPER, SOURCES

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]


def listed(name):
    """The requirements of a file, without comments and options."""
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def pinned(*names):
    pins = [Requirement(line) for name in names for line in listed(name)]
    return {pin.name: next(iter(pin.specifier)).version for pin in pins}


def test_the_wheel_depends_on_what_the_pins_are_compiled_from():
    assert PROJECT["dependencies"] == listed("requirements.in")
    assert PROJECT["optional-dependencies"]["dev"] == listed("requirements-dev.in")


def test_pins_are_among_the_versions_that_the_wheel_takes():
    pins = pinned("requirements.txt", "requirements-dev.txt")
    for text in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]):
        wanted = Requirement(text)
        assert wanted.specifier.contains(pins[wanted.name]), text
    assert not {"tensorflow", "tf2jax"} & set(pins)


def test_the_extra_for_cards_takes_the_same_jax():
    (gpu,) = (Requirement(text) for text in PROJECT["optional-dependencies"]["gpu"])
    (plain,) = (r for r in map(Requirement, PROJECT["dependencies"]) if r.name == "jax")
    assert (gpu.name, gpu.specifier) == (plain.name, plain.specifier)


def test_the_version_is_written_once_and_quoted_twice():
    source = PYPROJECT["tool"]["hatch"]["version"]
    found = re.search(source["pattern"], (ROOT / source["path"]).read_text())
    assert found is not None
    assert found["version"] == VERSION
    assert "version" in PROJECT["dynamic"]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[:2] == ["Unreleased", VERSION]
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == VERSION
    for page in ("README.md", "docs/install.md"):
        wheels = set(re.findall(r"ntk_uq-([\d.]+)-py3", (ROOT / page).read_text()))
        assert wheels == {VERSION}, page


def test_the_citation_file_is_of_its_form_and_names_the_paper():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(cited)  # what the form demands
    assert (cited["type"], cited["license"]) == ("software", PROJECT["license"])
    assert [a["name"] for a in cited["authors"]] == [a["name"] for a in PROJECT["authors"]]
    for work, key in ((cited["preferred-citation"], PAPER), (cited["references"][0], "novak2020")):
        entry = dict(SOURCES[key].fields)
        people = [f"{a['family-names']}, {a['given-names']}" for a in work["authors"]]
        assert " and ".join(people) == entry["author"]
        assert f"{{{work['title']}}}" == entry["title"]
        assert str(work["year"]) == entry["year"]
        assert work["identifiers"][0]["value"] == f"arXiv:{entry['eprint']}"


def test_the_licence_is_that_of_the_kernels_library():
    assert PROJECT["license"] == "Apache-2.0"
    assert (
        "Apache License\n                           Version 2.0" in (ROOT / "LICENSE").read_text()
    )


def test_the_supported_pythons_are_those_that_are_tested():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    named = [c.rsplit(" ", 1)[1] for c in PROJECT["classifiers"] if "Python :: 3." in c]
    assert tested == named
    supported = SpecifierSet(PROJECT["requires-python"])
    assert all(supported.contains(python) for python in tested)
    assert not supported.contains("3.10")


def test_commands_that_the_guides_and_the_workflow_name_are_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", ".github/workflows/ci.yml", ".ci/run"):
        named = re.findall(
            r"(?:^ +|^|`|run: )make ((?:[a-z-]+ ?)+)", (ROOT / name).read_text(), re.M
        )
        wanted = {word for line in named for word in line.split()}
        assert wanted, name
        assert wanted <= targets, name


def test_checks_before_a_commit_are_our_own_tools():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    (repository,) = config["repos"]
    assert repository["repo"] == "local"
    tools = {hook["entry"].split()[0] for hook in repository["hooks"]}
    recipe = re.search(r"^check:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    assert tools == {f".venv/bin/{tool}" for tool in re.findall(r"\$\(BIN\)/(\S+)", recipe[1])}


def test_a_checkout_has_its_pages_beside_the_package_and_an_installation_in_it(
    tmp_path, monkeypatch
):
    assert paths.home() == ROOT
    assert paths.app().is_file()
    inside = tmp_path / "_app"
    inside.mkdir()
    monkeypatch.setattr(paths, "_INSTALLED", inside)
    assert paths.app() == inside / "app.py"


def test_directories_named_from_this_folder_are_the_same_from_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NTK_UQ_STORE", "store")
    monkeypatch.setenv("NTK_UQ_DATA", "~/data")
    monkeypatch.setenv("NTK_UQ_CACHE", "/cache")
    monkeypatch.delenv("NTK_UQ_OWN")
    assert settings.absolute_directories() == {
        "NTK_UQ_STORE": str(tmp_path / "store"),
        "NTK_UQ_CACHE": "/cache",
    }
