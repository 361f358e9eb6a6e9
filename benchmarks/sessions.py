"""Users of a server without browsers: Streamlit's own messages over real websockets.

    python -m benchmarks.sessions http://localhost:8501 --users 1 10 25 50

A browser sends a ``BackMsg`` for each run of a page, with what its controls hold, and gets
``ForwardMsg``s until the run has ended (Streamlit 1.67, ``starlette_websocket.py``). A session here
does the same and draws nothing, so that what is measured is the server's share.
"""

import argparse
import asyncio
import time
import urllib.parse
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

SECONDS = 120.0
"""After which a run that has not ended is given up."""


@dataclass(frozen=True)
class Run:
    """One run of a page.

    Attributes:
        seconds: from the request until the page is whole.
        messages: what the server sent, in its order.
        size: bytes of all of them.
    """

    seconds: float
    messages: tuple[ForwardMsg, ...]
    size: int

    @property
    def text(self) -> str:
        """All that was sent, as text: to look for words in it."""
        return "\n".join(map(str, self.messages))


@dataclass
class Session:
    """One browser tab, as the server knows it.

    Attributes:
        query: of the address, as the page has written it last.
        page: its name in the address; "" is the first page.
        dark: whether its browser shows the dark theme.
        controls: what they hold, by Streamlit's names of them.
        timers: seconds after which a part of the page is to run again, by its name; a browser
            asks for it then, and whoever is one here has to.
    """

    socket: Any
    query: str = ""
    page: str = ""
    dark: bool = False
    controls: dict[str, WidgetState] = field(default_factory=dict, repr=False)
    timers: dict[str, float] = field(default_factory=dict, repr=False)
    _script: str = field(default="", repr=False)
    _of_fragment: bool = field(default=False, repr=False)

    async def run(self, **further: Any) -> Run:
        """Has the page run, and waits until it is whole.

        Args:
            further: fields of the ``ClientState``.

        Raises:
            TimeoutError: if it is not whole after :data:`SECONDS`.
            RuntimeError: if the page ended with an error.
            websockets.ConnectionClosed: if the server closed the session.
        """
        start = time.perf_counter()
        self._of_fragment = "fragment_id" in further
        await self.socket.send(self._request(**further))
        messages, size = [], 0
        async with asyncio.timeout(SECONDS):
            while True:
                data = await self.socket.recv()
                size += len(data)
                message = ForwardMsg.FromString(data)
                messages.append(message)
                self._follow(message)
                if message.WhichOneof("type") == "script_finished" and (
                    message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
                ):
                    return Run(time.perf_counter() - start, tuple(messages), size)

    async def change(self, name: str, value: bool | float | str | None) -> Run:
        """Sets a control and has the page run.

        Args:
            name: the end of the control's key.
            value: of the type that its control holds.

        Raises:
            KeyError: if the page has no such control.
        """
        key = {key.rpartition("-")[2]: key for key in self.controls}[name]
        self.controls[key] = _state(key, value)
        return await self.run()

    def _request(self, **fields: Any) -> bytes:
        request = BackMsg()
        state = request.rerun_script
        state.query_string, state.page_name, state.page_script_hash = (
            self.query,
            "" if self._script else self.page,
            self._script,
        )
        state.context_info.color_scheme = "dark" if self.dark else "light"
        state.context_info.timezone = "UTC"
        state.widget_states.widgets.extend(self.controls.values())
        for name, value in fields.items():
            setattr(state, name, value)
        data: bytes = request.SerializeToString()
        return data

    def _follow(self, message: ForwardMsg) -> None:
        """What a browser would remember of a message for its next request."""
        kind = message.WhichOneof("type")
        if kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "new_session":
            self._script = message.new_session.page_script_hash
            if not self._of_fragment:
                self.timers.clear()
            self._of_fragment = False  # what follows is the whole page, run anew
        elif kind == "auto_rerun":
            self.timers[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "stop_auto_rerun":
            for name in message.stop_auto_rerun.fragment_ids:
                self.timers.pop(name, None)
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._hold(message.delta.new_element)

    def _hold(self, element: Any) -> None:
        """What a control holds, where it is new or the page has set it."""
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise RuntimeError(f"the page ended with an error: {element.exception.message}")
        if kind not in _VALUES:
            return
        control = getattr(element, kind)
        if control.set_value or control.id not in self.controls:
            self.controls[control.id] = _state(control.id, _VALUES[kind](control))


_VALUES = {
    "checkbox": lambda control: control.value if control.set_value else control.default,
    "number_input": lambda control: control.value if control.HasField("value") else None,
    "selectbox": lambda control: control.raw_value,
    "text_input": lambda control: control.value if control.set_value else control.default,
}
"""What each kind of control holds when a browser draws it first."""


def _state(name: str, value: bool | float | str | None) -> WidgetState:
    if value is None:
        return WidgetState(id=name)
    if isinstance(value, bool):
        return WidgetState(id=name, bool_value=value)
    if isinstance(value, str):
        return WidgetState(id=name, string_value=value)
    return WidgetState(id=name, double_value=value)


@asynccontextmanager
async def session(
    address: str, page: str = "", query: str = "", dark: bool = False
) -> AsyncIterator[Session]:
    """A session of a server, closed at the end of the block; no page has run yet.

    Args:
        address: of the server, ``http://localhost:8501``.
        page: name of the page in the address.
        query: of the address, without its question mark.
        dark: whether its browser shows the dark theme.
    """
    place = urllib.parse.urlsplit(address)
    scheme = "wss" if place.scheme == "https" else "ws"
    stream = f"{scheme}://{place.netloc}{place.path.rstrip('/')}/_stcore/stream"
    async with websockets.connect(
        stream,
        subprotocols=[websockets.Subprotocol("streamlit")],
        compression=None,
        max_size=None,
        open_timeout=SECONDS,
    ) as socket:
        yield Session(socket, query, page, dark)


async def together(address: str, users: int, redraws: int = 3) -> tuple[list[float], list[float]]:
    """Opens a page for so many users at once, and then has all of them draw it again at once.

    Returns:
        Seconds of each first run, and of each redraw.
    """
    async with _sessions(address, users) as there:
        first = await _all_run(there)
        again = [seconds for _ in range(redraws) for seconds in await _all_run(there)]
    return first, again


@asynccontextmanager
async def _sessions(address: str, users: int) -> AsyncIterator[list[Session]]:
    managers = [session(address) for _ in range(users)]
    opened = await asyncio.gather(*(manager.__aenter__() for manager in managers))
    try:
        yield list(opened)
    finally:
        await asyncio.gather(*(manager.__aexit__(None, None, None) for manager in managers))


async def _all_run(there: Sequence[Session]) -> list[float]:
    runs = await asyncio.gather(*(one.run() for one in there))
    return [run.seconds for run in runs]


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints a line for each number of users."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions", description=__doc__)
    parser.add_argument("address", help="of the server")
    parser.add_argument("--users", type=int, nargs="+", default=[1, 10, 25, 50])
    parser.add_argument("--redraws", type=int, default=3, help="of each user")
    options = parser.parse_args(arguments)
    for users in options.users:
        first, again = asyncio.run(together(options.address, users, options.redraws))
        told = "  ".join(
            f"{name} {np.median(seconds):.3f} s, 95 % {np.percentile(seconds, 95):.3f} s"
            for name, seconds in (("first run", first), ("redraw", again))
        )
        print(f"{users:3d} users: {told}", flush=True)


if __name__ == "__main__":
    main()
