"""What an application answers, asked without a server."""

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers


@dataclass(frozen=True)
class Answer:
    """Status, headers and text of an answer."""

    status: int
    headers: Headers
    text: str


def ask(app, address, method="GET"):
    """The answer of an application to a request."""
    path, _, query = address.partition("?")
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
    messages, asked = [], []

    async def receive():
        if asked:  # the browser stays
            await asyncio.Event().wait()
        asked.append(True)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        messages.append(message)

    asyncio.run(app({**scope, "headers": [], "root_path": ""}, receive, send))
    begun, *rest = messages
    text = b"".join(message.get("body", b"") for message in rest).decode()
    return Answer(begun["status"], Headers(raw=begun["headers"]), text)
