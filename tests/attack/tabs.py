"""Browser tabs without a browser: the connection that a page has to its server."""

import asyncio
import time
import urllib.parse

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from tornado.websocket import websocket_connect

_SMALL = 4096  # bytes; that a script has ended is said in a few


class Tab:
    """One tab; nothing of the page is kept."""

    def __init__(self, connection) -> None:
        self._connection = connection

    @classmethod
    async def opened(cls, address: str) -> "Tab":
        """A tab that has connected and asked for nothing yet."""
        stream = address.replace("http", "ws", 1) + "/_stcore/stream"
        connect = websocket_connect(stream, subprotocols=["streamlit"], max_message_size=2**28)
        return cls(await asyncio.wait_for(connect, 60))

    async def ask(self, view=None) -> None:
        """Has the first page run, on a view or without one."""
        message = BackMsg()
        message.rerun_script.query_string = urllib.parse.urlencode(view.to_query()) if view else ""
        await self._connection.write_message(message.SerializeToString(), binary=True)

    async def drawn(self, view=None) -> float:
        """Has the page run; seconds until it was there to its end."""
        start = time.perf_counter()
        await self.ask(view)
        while True:
            content = await self._read()
            if len(content) < _SMALL and _message(content).HasField("script_finished"):
                return time.perf_counter() - start

    async def messages(self, asked: BackMsg, until: str = "script_finished") -> list[ForwardMsg]:
        """What the server tells from a request on until a kind of message, which is the last."""
        await self._connection.write_message(asked.SerializeToString(), binary=True)
        found = []
        while True:
            found.append(_message(await self._read()))
            if found[-1].HasField(until):
                return found

    async def _read(self) -> bytes:
        content = await self._connection.read_message()
        if content is None:
            raise ConnectionError("the server closed the connection")
        return content

    def close(self) -> None:
        """As a tab that is closed: it says no goodbye."""
        self._connection.close()


def _message(content: bytes) -> ForwardMsg:
    message = ForwardMsg()
    message.ParseFromString(content)
    return message
