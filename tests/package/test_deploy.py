"""The files of deploy/: each is looked at by its own tool, and all say the same."""

import contextlib
import functools
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import pytest
import yaml
from distributed.cli import dask_worker
from helpers import nginx

from ntk_uq.base import login_settings, settings
from ntk_uq.cli import main

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
ROOT = DEPLOY.parent
PATH = "/lab/ntk"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))

needs_nginx = pytest.mark.skipif(
    nginx.NGINX is None, reason="no nginx; on Debian: apt install nginx-light"
)


def free_ports(count):
    with contextlib.ExitStack() as probes:
        found = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in found:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in found]


@needs_nginx
@pytest.mark.parametrize("site", ["ntk-uq.conf", "container.conf"])
def test_nginx_takes_both_sites(tmp_path, site):
    done = subprocess.run(
        [*nginx.configured(tmp_path, site), "-t"], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


class Stub(BaseHTTPRequestHandler):
    """Pages that tell what has come."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", self.headers["Connection"])
            self.end_headers()
            self.wfile.write(self.rfile.read(5).upper())
            self.close_connection = True
            return
        words = "\n".join([self.path, *(f"{k}: {v}" for k, v in self.headers.items())]).encode()
        login = self.path == f"{PATH}/login"
        self._answer(words, *([("Set-Cookie", f"user={'c' * 40_000}")] if login else []))

    def do_PUT(self):
        left, arrived = int(self.headers["Content-Length"]), 0
        while left:
            part = len(self.rfile.read(min(left, 2**20)))
            arrived, left = arrived + part, left - part
        self._answer(str(arrived).encode())

    def _answer(self, body, *headers):
        self.send_response(200)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def site(tmp_path):
    """The https address of nginx before the stub, and that of http."""
    web, http, https = free_ports(3)
    server = ThreadingHTTPServer(("127.0.0.1", web), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with nginx.running(tmp_path, web=web, http=http, https=https):
            yield https, http
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def opened():
    """Opens an address with the certificate that the site has."""

    class Stays(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    trusted = ssl.create_default_context(cafile=None)
    trusted.check_hostname, trusted.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted), Stays()
    )

    def ask(address, **request):
        try:
            return opener.open(urllib.request.Request(address, **request), timeout=30)
        except urllib.error.HTTPError as error:
            return error

    return ask


@needs_nginx
def test_the_path_stays_and_pages_learn_who_asked_how(site, opened):
    https, http = site
    found = opened(f"https://127.0.0.1:{https}{PATH}/runs?a=1").read().decode().splitlines()
    assert found[0] == f"{PATH}/runs?a=1"
    assert {f"Host: 127.0.0.1:{https}", "X-Forwarded-Proto: https"} <= set(found)
    assert "X-Forwarded-For: 127.0.0.1" in found
    assert opened(f"https://127.0.0.1:{https}{PATH}").headers["Location"].endswith(f"{PATH}/")
    assert opened(f"https://127.0.0.1:{https}/").status == 404
    sent = opened(f"http://127.0.0.1:{http}{PATH}/runs")
    assert (sent.status, sent.headers["Location"]) == (301, f"https://127.0.0.1{PATH}/runs")
    assert opened(f"https://127.0.0.1:{https}{PATH}/metrics").status == 200  # from here


@needs_nginx
def test_cookies_of_a_login_fit_in_both_directions(site, opened):
    cookies = {"Cookie": f"_streamlit_user={'c' * 30_000}"}
    found = opened(f"https://127.0.0.1:{site[0]}{PATH}/login", headers=cookies)
    assert found.status == 200
    assert len(found.headers["Set-Cookie"]) > 40_000
    assert cookies["Cookie"] in found.read().decode()


@needs_nginx
def test_an_upload_of_the_limit_arrives_and_a_larger_one_is_told(site, opened):
    address = f"https://127.0.0.1:{site[0]}{PATH}/_stcore/upload_file/a/b"
    found = opened(address, data=bytes(settings.upload_limit()), method="PUT")
    assert (found.status, int(found.read())) == (200, settings.upload_limit())
    assert (
        opened(address, data=b"", method="PUT", headers={"Content-Length": str(2**30)}).status
        == 413
    )


@needs_nginx
def test_a_websocket_passes(site):
    context = ssl._create_unverified_context()
    with (
        socket.create_connection(("127.0.0.1", site[0]), timeout=10) as plain,
        context.wrap_socket(plain) as secure,
    ):
        secure.sendall(
            f"GET {PATH}/_stcore/stream HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
            "Connection: keep-alive, Upgrade\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += secure.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101")
        secure.sendall(b"hello")
        end = time.monotonic() + 10
        while not answer.endswith(b"HELLO") and time.monotonic() < end:
            answer += secure.recv(4096)
        assert answer.endswith(b"HELLO")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_units(tmp_path, unit):
    text = unit.read_text().replace("/opt/ntk_uq/.venv/bin/python", sys.executable)
    (tmp_path / unit.name).write_text(text)
    instance = tmp_path / unit.name.replace("@.", "@8501.")
    check = ["systemd-analyze", "verify", "--man=no", str(instance)]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60)
    said = [line for line in done.stderr.splitlines() if unit.stem in line]
    assert (done.returncode, said) == (0, [])
    (tmp_path / unit.name).write_text(text.replace("[Service]", "[Service]\nProtectEverything=yes"))
    done = subprocess.run(check, capture_output=True, text=True, timeout=60)
    assert "ProtectEverything" in done.stderr  # it would tell


TEXTS = {"type": "array", "items": {"type": "string"}}
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **{name: {"type": "string"} for name in ("image", "restart", "stop_grace_period")},
        **{name: {"type": "boolean"} for name in ("init", "read_only")},
        **dict.fromkeys(("tmpfs", "cap_drop", "security_opt", "volumes", "command"), TEXTS),
        "ports": {"type": "array", "items": {"type": "string", "pattern": r"^\d+:\d+$"}},
        "build": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "context": {"type": "string"},
                "dockerfile": {"type": "string"},
                "args": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
        "healthcheck": {
            "type": "object",
            "additionalProperties": False,
            "required": ["test"],
            "properties": {
                "test": TEXTS,
                "retries": {"type": "integer"},
                **{
                    name: {"type": "string", "pattern": r"^\d+s$"}
                    for name in ("interval", "timeout", "start_period")
                },
            },
        },
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "required": ["condition"],
                "properties": {"condition": {"enum": ["service_started", "service_healthy"]}},
            },
        },
        "deploy": {"type": "object"},
    },
}
COMPOSE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["services"],
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string"},
        "services": {"type": "object", "additionalProperties": SERVICE},
        "volumes": {"type": "object", "additionalProperties": {"type": "null"}},
    },
}
"""What we use of the Compose Specification."""


def compose(name):
    return yaml.safe_load((DEPLOY / "container" / name).read_text(encoding="utf-8"))


def test_compose_files_are_of_their_form():
    for name in ("compose.yaml", "compose.gpu.yaml"):
        jsonschema.validate(compose(name), COMPOSE)
    content = compose("compose.yaml")
    assert set(compose("compose.gpu.yaml")["services"]) <= set(content["services"])
    for service in content["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("../"):
                assert (DEPLOY / "container" / source).is_file(), source
            elif not source.startswith("./"):
                assert source in content["volumes"]
    (build,) = {str(s["build"]) for s in content["services"].values() if "build" in s}
    assert (ROOT / yaml.safe_load(build)["dockerfile"]).is_file()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"services": {"web": {"restarts": "always"}}}, COMPOSE)


def containerfile():
    text = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    return re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text)).strip().splitlines()


def test_the_image_has_all_that_is_needed_and_nothing_else():
    known = ("FROM", "ARG", "RUN", "WORKDIR", "COPY", "ENV", "USER", "VOLUME", "EXPOSE", "CMD")
    lines = [line for line in containerfile() if line]
    assert all(line.split()[0] in known for line in lines)
    copied = {word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]}
    assert copied == {"requirements.txt", "app.py", "pages", ".streamlit", "ntk_uq"}
    assert all((ROOT / name).exists() for name in copied)
    ignored = (DEPLOY / "container" / "Containerfile.dockerignore").read_text().split()
    assert {word[1:] for word in ignored if word.startswith("!")} == copied
    (run,) = (line for line in lines if "jax[cuda" in line)
    shown = subprocess.run(
        ["sh", "-c", re.search(r"\$\((sed .*?)\)", run)[1]],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert re.fullmatch(r"[\d.]+\n", shown.stdout)
    users = [i for i, line in enumerate(lines) if line.startswith("USER")]
    assert users
    assert all(not line.startswith("RUN") for line in lines[users[-1] :])  # not root


def commands():
    """Every command that starts something, by where it stands."""
    found = {"Containerfile": yaml.safe_load(containerfile()[-1].removeprefix("CMD "))}
    for name, service in compose("compose.yaml")["services"].items():
        if "command" in service:
            found[name] = service["command"]
        test = service.get("healthcheck", {}).get("test", ())
        if "ntk_uq" in test:
            found[f"{name}, health"] = test[1:]
    for unit in UNITS:
        started = re.search(r"(?m)^ExecStart=(.*)$", unit.read_text())[1]
        found[unit.name] = shlex.split(started.replace("%i", "8501"))
    return found


@pytest.mark.parametrize("place", commands())
def test_commands_are_there(place):
    interpreter, dash, module, action, *options = commands()[place]
    assert (Path(interpreter).name, dash, module) == ("python", "-m", "ntk_uq")
    with pytest.raises(SystemExit) as end:
        main([action, *options, "--help"])
    assert end.value.code == 0
    if action == "web":
        named = dict(zip(options[::2], options[1::2], strict=True))
        assert (named["--path"], named["--port"]) == (PATH, "8501")


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
def test_workers_of_a_batch_system_are_started_as_dask_understands(tmp_path):
    """The script, with a dask of its own that tells how it was called."""
    script = DEPLOY / "slurm" / "workers.sh"
    dask = tmp_path / ".venv" / "bin" / "dask"
    dask.parent.mkdir(parents=True)
    dask.write_text('#!/bin/sh\necho "$OMP_NUM_THREADS $NTK_UQ_CACHE"\necho "$@"\n')
    dask.chmod(0o700)
    here = {"PATH": os.environ["PATH"], "NTK_UQ_HOME": str(tmp_path), "USER": "ann", "HOME": "/"}
    run = functools.partial(subprocess.run, capture_output=True, text=True, timeout=30)
    done = run(["bash", script, "tls://h:8786"], env={**here, "SLURM_CPUS_PER_TASK": "3"})
    threads, called = done.stdout.splitlines()
    assert threads == "3 /tmp/ntk_uq-ann"
    words = called.split()
    assert words[:2] == ["worker", "tls://h:8786"]
    options = {name for option in dask_worker.main.params for name in option.opts}
    assert {word for word in words if word.startswith("--")} <= options
    done = run(["bash", script], env=here)
    assert done.returncode != 0
    assert "the address that the Dask scheduler tells" in done.stderr


def test_settings_are_some_of_ours_and_the_path_is_one_everywhere():
    known = {"NTK_UQ_HOME"}  # of the script for batch jobs alone
    for module in (settings, login_settings):
        known |= {v for name, v in vars(module).items() if name.isupper() and name[0] != "_"}
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert set(re.findall(r"NTK_UQ_[A-Z_]+", text)) <= known, path
            assert not set(re.findall(r"/lab/\w+", text)) - {PATH}, path
    size = re.search(r"client_max_body_size (\d+)m;", (DEPLOY / "nginx/locations.conf").read_text())
    assert int(size[1]) * 2**20 > settings.upload_limit()
