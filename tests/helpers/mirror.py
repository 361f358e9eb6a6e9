"""A mirror on the loopback address that behaves, or misbehaves, and a small thing to fetch."""

import email.utils
import hashlib
import random
import socket
import struct
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ntk_uq.datasets import Dataset
from ntk_uq.datasets.remote import RemoteFile, Source

PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"

CONTENTS = {
    "one.gz": random.Random(1).randbytes(50_000),
    "two.gz": random.Random(2).randbytes(3_000),
}


def tiny_source():
    """What is called ``tiny``: two files, at whose built-in address nobody answers."""
    files = tuple(
        RemoteFile(
            name=name,
            checksum=f"sha256:{hashlib.sha256(content).hexdigest()}",
            urls=("http://127.0.0.1:9/built-in",),  # the discard port
            limit=len(content) + 1000,
            size=len(content),
        )
        for name, content in CONTENTS.items()
    )
    return Source("tiny", "tiny", files)


def _unread():
    raise AssertionError("nobody reads the examples")


def data_set_of(source):
    """A data set that has these files, and whose examples nobody reads."""
    return Dataset(
        name=source.name,
        title=source.name.title(),
        about="",
        task="regression",
        n_outputs=1,
        shape=(1,),
        input_unit="",
        target_unit="",
        preparation="none",
        source=source,
        sizes=_unread,
        fingerprint=_unread,
        load=_unread,
    )


def visible(folder):
    """The names of the files in a folder that anybody would find."""
    return sorted(p.name for p in folder.glob("[!.]*"))


class Mirror(ThreadingHTTPServer):
    """Serves ``files`` (name -> content) as http://127.0.0.1:PORT/BEHAVIOUR/NAME.

    Attributes:
        requests: how often each path was asked for.
        agents, encodings: what clients call themselves, and what they take.
        started: set when the first bytes of a file are out.
        release: a ``hold`` request goes on when it is set.
    """

    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.requests = Counter()
        self.counting = threading.Lock()
        self.agents, self.encodings = set(), set()
        self.started, self.release = threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, *behaviours):
        """The setting that names these behaviours as mirrors, in this order, and no others."""
        port = self.server_address[1]
        return ",".join([*(f"http://127.0.0.1:{port}/{one}" for one in behaviours), "only"])

    def asked(self, behaviour):
        """How many requests came to one behaviour."""
        return sum(n for path, n in self.requests.items() if path.split("/")[1] == behaviour)

    def handle_error(self, request, client_address):
        pass  # clients that go away are part of the tests

    def close(self):
        self.release.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        with self.server.counting:
            self.server.requests[self.path] += 1
        self.server.agents.add(self.headers["User-Agent"])
        self.server.encodings.add(self.headers["Accept-Encoding"])
        _, behaviour, name = self.path.split("/", 2)
        self.content = self.server.files.get(name.partition("?")[0])
        if self.content is None:
            self.send_error(404)
        else:
            getattr(self, f"do_{behaviour}")()

    def _send(self, content, length=None, code=200, **headers):
        self.send_response(code)
        if length is not False:
            self.send_header("Content-Length", str(len(content) if length is None else length))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
        self.server.started.set()

    def _again(self):
        return self.server.requests[self.path] > 1

    def do_good(self):
        self._send(self.content, Content_Type="application/octet-stream")

    def do_labelled(self):
        self._send(self.content, Content_Encoding="gzip")

    def do_nolength(self):
        self._send(self.content, length=False)

    def do_missing(self):
        self.send_error(404)

    def do_busy(self):
        if self._again():
            self.do_good()
        else:
            self._send(b"", code=429, Retry_After="1")

    def do_busydate(self):
        if self._again():
            self.do_good()
        else:
            self._send(
                b"", code=503, Retry_After=email.utils.formatdate(time.time() + 20, usegmt=True)
            )

    def do_broken(self):
        self._send(b"", code=500)

    def do_fullybooked(self):
        self._send(b"", code=429, Retry_After="3600")

    def do_page(self):
        self._send(PAGE, Content_Type="text/html; charset=utf-8")

    def do_pageunlabelled(self):
        self._send(PAGE, Content_Type="application/octet-stream")

    def do_truncated(self):
        self._send(self.content[:1000], length=len(self.content))

    def do_short(self):
        self._send(self.content[:1000], length=False)

    def do_wrong(self):
        self._send(b"\0" * len(self.content))

    def do_announceslots(self):
        self._send(self.content, length=10**15)

    def do_endless(self):
        self._send(b"", length=False)
        while True:
            self.wfile.write(b"\0" * 2**16)

    def do_drip(self):
        self._send(b"", length=len(self.content))
        for byte in self.content:
            self.wfile.write(bytes([byte]))
            time.sleep(0.02)

    def do_silent(self):
        self._send(self.content[:1000], length=len(self.content))
        self.server.release.wait(10)

    def do_hold(self):
        half = len(self.content) // 2
        self._send(self.content[:half], length=len(self.content))
        self.server.release.wait(10)
        self.wfile.write(self.content[half:])

    def do_reset(self):
        self._send(self.content[:1000], length=len(self.content))
        time.sleep(0.05)
        linger = struct.pack("ii", 1, 0)  # closing then resets the connection
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.shutdown(socket.SHUT_RD)
        self.connection.close()

    def do_around(self):
        self._send(b"", code=302, Location=self.path)

    def do_moved(self):
        self._send(b"", code=302, Location=self.path.replace("/moved/", "/good/"))
