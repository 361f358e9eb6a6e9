"""The wheel, installed where there is no checkout: what it holds, and that it shows the page."""

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from browser.conftest import chromium, open_page  # noqa: F401 (fixtures)
from helpers.serving import wait_until_healthy

from ntk_uq import VERSION

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
IN_WHEEL = "ntk_uq/_app"


def called(*command, cwd):
    """What a command prints, run where neither the checkout nor a setting of ours is found."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=_environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def _environment():
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def _new_environment(folder):
    """An empty environment that borrows what is installed here, less this package itself."""
    called(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / "bin" / "python"
    packages = "import sysconfig; print(sysconfig.get_path('purelib'))"
    borrowed = Path(called(python, "-c", packages, cwd=folder)) / "borrowed.pth"
    borrowed.write_text(sysconfig.get_path("purelib"))
    return folder / "bin"


def _install(binaries, *what):
    pip = (sys.executable, "-m", "pip", "--python", binaries / "python")
    called(*pip, "install", "--quiet", "--no-deps", "--no-index", *what, cwd=binaries)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built with the tools that are installed: without a network."""
    folder = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder)
    called(*build, ROOT, cwd=folder)
    (made,) = folder.iterdir()
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The ``bin`` of an environment into which the wheel has been installed."""
    binaries = _new_environment(tmp_path_factory.mktemp("installed") / "env")
    _install(binaries, wheel)
    return binaries


@pytest.fixture
def served(installed, tmp_path):
    """``ntk-uq run`` in an empty folder: the page's address, and the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "empty"
    folder.mkdir()
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [installed / "ntk-uq", "run", "--headless", "--port", str(port)],
            cwd=folder,
            env=_environment(),
            stdout=log,
            stderr=log,
        )
        try:
            wait_until_healthy(f"http://localhost:{port}", process)
            yield f"http://localhost:{port}", folder
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
    assert code == 0, (tmp_path / "log").read_text()


def test_the_wheel_holds_modules_pages_settings_and_what_they_read(wheel):
    assert wheel.name == f"ntk_uq-{VERSION}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    files = {name for name in names if not name.startswith(f"ntk_uq-{VERSION}.dist-info/")}
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "ntk_uq").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert any(name.endswith("icon.svg") for name in package)
    assert any(name.endswith("schema.json") for name in package)
    pages = {f"{IN_WHEEL}/pages/{path.name}" for path in (ROOT / "pages").glob("*.py")}
    app = {
        f"{IN_WHEEL}/{name}" for name in ("app.py", ".streamlit/config.toml", "requirements.txt")
    }
    assert len(pages) >= 8
    assert files == package | pages | app
    assert f"ntk_uq-{VERSION}.dist-info/licenses/LICENSE" in names


def test_the_command_is_there_and_finds_what_was_installed(installed, tmp_path):
    assert called(installed / "ntk-uq", "--version", cwd=tmp_path) == f"ntk_uq {VERSION}"
    where = "import ntk_uq; from ntk_uq.base import paths; print(ntk_uq.__file__, paths.app())"
    package, app = called(installed / "python", "-c", where, cwd=tmp_path).split()
    assert Path(package).is_relative_to(installed.parent)
    assert Path(app).is_relative_to(installed.parent)


def test_a_curve_is_computed_in_an_empty_folder(installed, tmp_path):
    command = "curve --dataset digits --depth 1 --n-train 25,50 --n-test 50 --draws 1"
    assert "50" in called(installed / "ntk-uq", *command.split(), cwd=tmp_path)


@pytest.mark.browser
def test_run_in_an_empty_folder_shows_the_page(served, open_page):  # noqa: F811
    address, folder = served
    page = open_page(address)
    page.get_by_role("heading", name="Scaling curves").wait_for(timeout=60_000)
    # Of .streamlit/config.toml: the colour of what is chosen, and no button to deploy.
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')]"
        ".some(e => getComputedStyle(e).backgroundColor === 'rgb(0, 114, 178)')",
        timeout=60_000,
    )
    assert page.get_by_text("Deploy").count() == 0
    page.get_by_role("link", name="Phase map").click()
    page.get_by_role("heading", name="Phase map").wait_for(timeout=60_000)
    assert list(folder.iterdir()) == []


def test_an_editable_installation_reads_the_checkout(tmp_path):
    binaries = _new_environment(tmp_path / "env")
    _install(binaries, "--no-build-isolation", "--editable", ROOT)
    where = "from ntk_uq.base import paths; print(paths.home())"
    assert called(binaries / "python", "-c", where, cwd=tmp_path) == str(ROOT)
    assert called(binaries / "ntk-uq", "--version", cwd=tmp_path) == f"ntk_uq {VERSION}"
