"""Files that are small and unpack to much, and damaged ones, uploaded to the running pages.

By several tabs at once, as the browser does it: the file goes to the server by a request of its
own, and the page runs with it. They are read, or refused in words, beside the web process.
"""

import asyncio
import io
import threading
import urllib.parse
import uuid
import zipfile
import zlib
from collections.abc import Callable

import h5py
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet
import requests
from helpers.writers import csv_bytes, frame_of, hdf5_of, npy_bytes, npz_bytes, parquet_bytes
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState

from attack.figures import Aim
from attack.fuzz import changed
from attack.product import Product, memory
from attack.tabs import Tab
from attack.trial import Trial

AIMS = {
    "files": Aim("files uploaded", None),
    "most": Aim("memory of the web process, at most", 600, "MB"),
    "after": Aim("growth of it over all of them", None, "MB"),
    "tracebacks": Aim("pages with a traceback", 0, safety=True),
    "unanswered": Aim("uploads that no page came of", 0),
}

_OWN_FILES = "A file of your own"
_MIB = 2**20
_TABS = 4
_ANSWER = 120  # seconds that a page may take to say what became of a file


def run(trial: Trial):
    """As many files as there is time for: one that unpacks to much, then one that is damaged."""
    with Product(trial) as product:
        product.start_web()
        process = psutil.Process(product.web.pid)
        sizes = _Sizes(process)
        answers = asyncio.run(_all(trial, product.address, sizes))
        yield "files", len(answers), f"of {_wanted(trial)}; {_TABS} tabs at once"
        yield "most", sizes.stop(), f"{sizes.before:.0f} MB before the first"
        yield "after", max(0.0, _megabytes(process) - sizes.before), ""
        bad = [words for answer in answers for words in answer.tracebacks]
        bad += ["in the log"] * product.log("web").count("Traceback")
        yield "tracebacks", len(bad), "; ".join(bad)[:300]
        lost = [answer.name for answer in answers if not answer.came]
        yield "unanswered", len(lost), ", ".join(lost)[:200]


def _wanted(trial: Trial) -> int:
    return trial.size(200, 16)


async def _all(trial: Trial, address: str, sizes: "_Sizes") -> list["_Answer"]:
    files = _files(trial)
    tabs = [await _Visitor.opened(address) for _ in range(_TABS)]
    for tab in tabs:
        await tab.look()
    sizes.start()
    answers: list[_Answer] = []

    async def uploads(tab: _Visitor) -> None:
        for name, content in files:
            if trial.share_left() < 0.15:
                break
            answers.append(await tab.upload(address, name, content))

    try:
        await asyncio.gather(*(uploads(tab) for tab in tabs))
    finally:
        for tab in tabs:
            tab.close()
    return answers


class _Answer:
    """What a page said of a file.

    Attributes:
        name: of the file.
        came: whether the page came.
        tracebacks: that it showed.
    """

    def __init__(self, name: str, messages: list | None) -> None:
        self.name, self.came = name, messages is not None
        shown = _elements(messages or [], "exception")
        self.tracebacks = [f"{name}: {one.message}"[:120] for one in shown]


class _Visitor(Tab):
    """A tab on the page "Data", and its control for a file."""

    async def look(self) -> None:
        """Opens the page, and on it what is for files of one's own."""
        messages = await self.messages(_page())
        (self._session,) = (
            m.new_session.initialize.session_id for m in messages if m.HasField("new_session")
        )
        (sections,) = _elements(messages, "button_group")
        self._section = {"id": sections.id, "string_array_value": {"data": [_OWN_FILES]}}
        (uploader,) = _elements(await self.messages(_page(self._section)), "file_uploader")
        self._control = uploader.id

    async def upload(self, address: str, name: str, content: bytes) -> _Answer:
        """Has the server take a file, and the page run with it."""
        wish = BackMsg()
        wish.file_urls_request.request_id = uuid.uuid4().hex
        wish.file_urls_request.file_names.append(name)
        wish.file_urls_request.session_id = self._session
        try:
            told = (await self.messages(wish, until="file_urls_response"))[-1]
            (urls,) = told.file_urls_response.file_urls
            where = urllib.parse.urljoin(address, urls.upload_url)
            await asyncio.to_thread(self._put, where, name, content)
            state = FileUploaderState()
            state.uploaded_file_info.add(
                name=name, size=len(content), file_id=urls.file_id, file_urls=urls
            )
            run = _page(self._section, {"id": self._control, "file_uploader_state_value": state})
            return _Answer(name, await asyncio.wait_for(self.messages(run), _ANSWER))
        except (TimeoutError, ConnectionError):
            return _Answer(name, None)

    def _put(self, where: str, name: str, content: bytes) -> None:
        with requests.Session() as browser:
            # Whoever sends a file shows what the server has given to the pages' own browser.
            browser.get(urllib.parse.urljoin(where, "/_stcore/health"), timeout=_ANSWER)
            token = {"X-Xsrftoken": browser.cookies.get("_streamlit_xsrf", "")}
            files = {"file": (name, content)}
            browser.put(where, files=files, headers=token, timeout=_ANSWER).raise_for_status()


def _page(*controls: dict) -> BackMsg:
    message = BackMsg()
    message.rerun_script.page_name = "data"
    for control in controls:
        message.rerun_script.widget_states.widgets.add(**control)
    return message


def _elements(messages: list, kind: str) -> list:
    """What a page drew of one kind."""
    drawn = [m.delta.new_element for m in messages if m.HasField("delta")]
    return [getattr(one, kind) for one in drawn if one.HasField(kind)]


class _Sizes:
    """The most memory that a process has had, looked at again and again."""

    def __init__(self, process: psutil.Process) -> None:
        self._process, self._over = process, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.before = self._most = 0.0

    def start(self) -> None:
        """From now on."""
        self.before = self._most = _megabytes(self._process)
        self._thread.start()

    def stop(self) -> float:
        """The most in megabytes."""
        self._over.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self._most = max(self._most, _megabytes(self._process))


def _megabytes(process: psutil.Process) -> float:
    return memory([process]) * _MIB / 1e6


def _files(trial: Trial):
    """Names and contents: each kind that unpacks to much in turn, and between them damaged ones."""
    rng, frame = trial.random("uploads"), frame_of(25)
    x, y = frame[["x0", "x1"]].to_numpy(), frame["y"].to_numpy()
    whole = {
        ".csv": csv_bytes(frame),
        ".npz": npz_bytes(x=x, y=y),
        ".parquet": parquet_bytes(frame),
        ".h5": hdf5_of(x=x, y=y),
    }
    made: dict[str, bytes] = {}
    for number in range(_wanted(trial)):
        if number % 2:
            suffix = rng.choice([*whole])
            yield f"damaged {number}{suffix}", changed(whole[suffix], rng)
        else:
            name = [*_BOMBS][number // 2 % len(_BOMBS)]
            if name not in made:
                made[name] = _BOMBS[name]()
            yield f"{number} {name}", made[name]


def _packed(**arrays: tuple[str, tuple[int, ...], int]) -> bytes:
    """An NPZ file of zeros: type, shape and bytes of each array."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, (kind, shape, size) in arrays.items():
            head = {"descr": kind, "fortran_order": False, "shape": shape}
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array_header_1_0(member, head)
                for start in range(0, size, 4 * _MIB):
                    member.write(bytes(min(4 * _MIB, size - start)))
        archive.writestr("z.npy", npy_bytes(np.arange(20)))
    return out.getvalue()


def _many_members() -> bytes:
    content = _packed()
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entries, tail = content[start:end] * 100_000, bytearray(content[end:])
    tail[12:16] = len(entries).to_bytes(4, "little")
    return content[:start] + entries + bytes(tail)


def _parquet(**columns) -> bytes:
    out = io.BytesIO()
    table = pa.table(columns)
    with pyarrow.parquet.ParquetWriter(out, table.schema, compression="zstd") as writer:
        for _ in range(16):
            writer.write_table(table)
    return out.getvalue()


def _hdf5(shape: tuple[int, ...], chunk: bytes | None = None) -> bytes:
    """An HDF5 file of zeros, or of one chunk that unpacks to more than its shape."""
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        chunks = (min(shape[0], 2**16),)
        data = file.create_dataset("x", shape, "f8", chunks=chunks, compression="gzip")
        if chunk is not None:
            data.id.write_direct_chunk((0,), chunk)
        file.create_dataset("y", shape, "u1", chunks=chunks, compression="gzip")[:10] = 1
    return out.getvalue()


def _bomb(size: int) -> bytes:
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(bytes(_MIB)) for _ in range(size // _MIB)) + packer.flush()


_BOMBS: dict[str, Callable[[], bytes]] = {
    "bools and texts.npz": lambda: _packed(x=("|b1", (2**26,), 2**26), y=("<U1", (2**26,), 2**28)),
    "one long text.npz": lambda: _packed(x=("<f8", (1,), 8), y=("<U67108864", (1,), 2**28)),
    "lying header.npz": lambda: _packed(x=("<f8", (20,), 2**28), y=("<f8", (20,), 160)),
    "many members.npz": _many_members,
    "one value.parquet": lambda: _parquet(x=np.zeros(2**22), y=np.zeros(2**22)),
    "long texts.parquet": lambda: _parquet(x=["a" * 2**23] * 4, y=[0.0] * 4),
    "a large shape.h5": lambda: _hdf5((2**40,)),
    "a chunk.h5": lambda: _hdf5((1024,), _bomb(2**28)),
    "zeros.h5": lambda: _hdf5((2**27,)),
    "empty lines.csv": lambda: b"x,y\n" + b"\n" * (20 * _MIB),
    "separators.csv": lambda: b"a,b\n" + b"1," * (8 * _MIB),
    "one line.csv": lambda: b"9" * (20 * _MIB),
    "columns.csv": lambda: b",".join(b"c%d" % i for i in range(10**6)) + b"\n",
}
"""Each unpacks to far more than it has, or has far more than it says."""
