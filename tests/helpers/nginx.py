"""The nginx of deploy/ on free ports and with a certificate of its own."""

import contextlib
import datetime
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "nginx"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

_MAIN = """\
{user}daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def certificate(folder):
    """Makes a self-signed certificate and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    (folder / "ntk-uq.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "ntk-uq.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def configured(folder, site="ntk-uq.conf", web=8501, http=8080, https=8443, passwords=None):
    """Puts the files of deploy/ into a folder, with these ports; gives the command that runs it.

    Args:
        folder: where to. site: which file.
        web: the port of the pages, or those of several processes.
        http, https: ports of nginx.
        passwords: by names: nginx asks for them then, and says to the pages who it is.
    """
    certificate(folder)
    ports = web if isinstance(web, list) else [web]
    text = (DEPLOY / site).read_text(encoding="utf-8")
    changes = {
        "listen 80;": f"listen 127.0.0.1:{http};",
        "    listen [::]:80;\n": "",
        "listen 443 ssl;": f"listen 127.0.0.1:{https} ssl;",
        "    listen [::]:443 ssl;\n": "",
        "server 127.0.0.1:8501;": " ".join(f"server 127.0.0.1:{port};" for port in ports),
        "server web:8501;": f"server 127.0.0.1:{ports[0]};",
        "/etc/nginx/tls/": f"{folder}/",
        "/etc/nginx/ntk-uq/locations.conf": f"{folder}/locations.conf",
    }
    for old, new in changes.items():
        text = text.replace(old, new)
    locations = (DEPLOY / "locations.conf").read_text(encoding="utf-8")
    if passwords:
        users = "".join(f"{name}:{{PLAIN}}{word}\n" for name, word in passwords.items())
        (folder / "users").write_text(users, encoding="utf-8")
        text = text.replace("# auth_basic", "auth_basic")
        text = text.replace("/etc/nginx/ntk-uq/users", f"{folder}/users")
        locations = locations.replace('X-Forwarded-User "";', "X-Forwarded-User $remote_user;")
    (folder / "site.conf").write_text(text, encoding="utf-8")
    # Its workers write there, too.
    user = "" if os.geteuid() else "user root;\n"
    (folder / "locations.conf").write_text(locations, encoding="utf-8")
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user), encoding="utf-8")
    return [NGINX, "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


@contextlib.contextmanager
def running(folder, **ports):
    """nginx, until the block ends; the process that keeps its workers."""
    server = subprocess.Popen(configured(folder, **ports))
    try:
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", ports["https"]), timeout=2).close()
                break
            if time.monotonic() > deadline or server.poll() is not None:
                raise AssertionError((folder / "error.log").read_text())
            time.sleep(0.05)
        yield psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(10)
