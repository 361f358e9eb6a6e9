"""One file from one address over HTTP, for pooch to check and keep."""

import email.utils
import hashlib
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
import urllib3.exceptions

from ntk_uq.base.version import VERSION
from ntk_uq.datasets.fetching.files import PIECE
from ntk_uq.datasets.remote import RemoteFile

Progress = Callable[[str, int, int | None], None]
"""Called with file name, bytes done, and bytes in all or None. Raising stops the download."""

ATTEMPTS = 3  # requests to one mirror that says it is busy
LONGEST_WAIT = 60.0  # seconds; a mirror that asks for more is passed over, not asked sooner
TIMEOUTS = (10.0, 30.0)  # seconds to connect, and between two pieces
SLOW_SECONDS, SLOWEST = 60.0, 1024  # at least so many bytes a second over so many seconds
_BUSY = (429, 500, 502, 503, 504)
_REDIRECTS = 5
_REPORTS_A_SECOND = 10
_HEADERS = {
    # The files are compressed already, and a checksum is that of the file as it lies there.
    "Accept-Encoding": "identity",
    "User-Agent": f"ntk_uq/{VERSION} (scientific software, fetches public data sets)",
}

sleep = time.sleep


class MirrorFailureError(Exception):
    """What one mirror did instead of delivering, as the end of a sentence about it."""


class Download:
    """A downloader for pooch: writes what an address sends into a file.

    After a call ``digest`` is the checksum of what came, ``algorithm:hexadecimal digits``.
    """

    def __init__(
        self,
        file: RemoteFile,
        progress: Progress | None = None,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self.digest: str | None = None
        self._file, self._progress, self._alive = file, progress, alive
        self._received = 0

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:  # noqa: ARG002
        """Writes what ``url`` sends into ``output_file``.

        Raises:
            MirrorFailureError: if the mirror does not deliver.
            OSError: if the file cannot be written.
        """
        with requests.Session() as session:
            session.max_redirects = _REDIRECTS
            for attempt in itertools.count(1):
                response = _request(session, url)
                with response:
                    if response.status_code not in _BUSY:
                        self._receive(response, Path(output_file))
                        return
                    wait = _wait_of(response, attempt)
                code = response.status_code
                if attempt == ATTEMPTS:
                    raise MirrorFailureError(f"answered HTTP {code} {ATTEMPTS} times")
                if wait > LONGEST_WAIT:
                    raise MirrorFailureError(f"answered HTTP {code}, come back in {wait:.0f} s")
                self._alive()
                sleep(wait)

    def _receive(self, response: requests.Response, path: Path) -> None:
        total = self._checked_size(response)
        self._received = 0
        algorithm = self._file.checksum.partition(":")[0]
        digest = hashlib.new(algorithm, usedforsecurity=False)
        pace, reported = _Pace(), 0.0
        self._report(0, total)
        with path.open("wb") as file:
            while piece := self._read(response, total):
                if not self._received and _looks_like_html(piece):
                    raise MirrorFailureError("answered HTML, a web page instead of the file")
                self._received += len(piece)
                if self._received > self._file.limit:
                    raise MirrorFailureError(f"sends more than {self._file.limit:,} bytes")
                file.write(piece)
                digest.update(piece)
                pace.check(self._received)
                if time.monotonic() - reported > 1 / _REPORTS_A_SECOND:
                    reported = time.monotonic()
                    self._alive()
                    self._report(self._received, total)
        if total is not None and self._received < total:
            raise self._ended(total)
        self._report(self._received, total)
        self.digest = f"{algorithm}:{digest.hexdigest()}"

    def _checked_size(self, response: requests.Response) -> int | None:
        """The bytes that will come, as far as anybody says, after a look at the answer's head."""
        if response.status_code != 200:
            raise MirrorFailureError(f"answered HTTP {response.status_code}")
        if "html" in response.headers.get("Content-Type", "").lower():
            raise MirrorFailureError("answered HTML, a web page instead of the file")
        text = response.headers.get("Content-Length", "")
        if not (text.isascii() and text.isdecimal()):
            return self._file.size
        if int(text[:30]) > self._file.limit:
            raise MirrorFailureError(
                f"announces {int(text[:30]):,} bytes, more than {self._file.limit:,}"
            )
        return int(text)

    def _read(self, response: requests.Response, total: int | None) -> bytes:
        try:
            # read1 gives what is there; read would wait for a whole piece, however slow it drips.
            piece: bytes = response.raw.read1(PIECE, decode_content=False)
        except urllib3.exceptions.ReadTimeoutError:
            raise MirrorFailureError(
                f"sent nothing for {TIMEOUTS[1]:g} s after {self._received:,} bytes"
            ) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if isinstance(error.__cause__, urllib3.exceptions.IncompleteRead):
                raise self._ended(total) from None
            raise MirrorFailureError(
                f"broke the connection after {self._received:,} of {_count(total)} bytes"
            ) from None
        return piece

    def _ended(self, total: int | None) -> MirrorFailureError:
        return MirrorFailureError(f"ended after {self._received:,} of {_count(total)} bytes")

    def _report(self, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(self._file.name, done, total)


class _Pace:
    """Notices a mirror that sends, but so slowly that it would never end."""

    def __init__(self) -> None:
        self._since, self._then = time.monotonic(), 0

    def check(self, received: int) -> None:
        passed = time.monotonic() - self._since
        if passed < SLOW_SECONDS:
            return
        if received - self._then < SLOWEST * passed:
            raise MirrorFailureError(
                f"sends less than {SLOWEST:,} bytes a second, {received:,} so far"
            )
        self._since, self._then = time.monotonic(), received


def _request(session: requests.Session, url: str) -> requests.Response:
    try:
        return session.get(url, stream=True, timeout=TIMEOUTS, headers=_HEADERS)
    except requests.exceptions.ConnectTimeout:
        raise MirrorFailureError(f"did not answer within {TIMEOUTS[0]:g} s") from None
    except requests.exceptions.ReadTimeout:
        raise MirrorFailureError(f"sent no answer within {TIMEOUTS[1]:g} s") from None
    except requests.exceptions.SSLError:
        raise MirrorFailureError("has no certificate that can be trusted") from None
    except requests.exceptions.TooManyRedirects:
        raise MirrorFailureError(f"redirects more than {_REDIRECTS} times") from None
    except requests.exceptions.ConnectionError as error:
        raise MirrorFailureError(f"cannot be reached ({_cause(error)})") from None
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        raise MirrorFailureError(f"cannot be asked ({error})") from None


def _cause(error: BaseException) -> str:
    """The operating system's words below the layers of exceptions, such as connection refused."""
    queue: list[BaseException] = [error]
    seen: list[BaseException] = []
    while queue:
        one = queue.pop()
        if one in seen:
            continue
        seen.append(one)
        strerror = getattr(one, "strerror", None)
        if strerror:
            return str(strerror).lower()
        inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        queue += [item for item in inner if isinstance(item, BaseException)]
    return "no connection"


def _wait_of(response: requests.Response, attempt: int) -> float:
    """Seconds that a busy mirror asks to wait, in either form that HTTP knows, or a short while."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:10])
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return float(2 ** (attempt - 1))
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def _looks_like_html(start: bytes) -> bool:
    return start.lstrip()[:14].lower().startswith((b"<!doctype html", b"<html"))


def _count(total: int | None) -> str:
    return "an unknown number of" if total is None else f"{total:,}"
