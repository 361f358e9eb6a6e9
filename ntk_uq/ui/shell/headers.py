"""Headers of every answer: what a page may load, and who may show it."""

from typing import Any

from starlette.datastructures import MutableHeaders

POLICY = "; ".join(
    (
        "default-src 'self'",
        # Streamlit's document has a script inside, and components are modules from blobs.
        "script-src 'self' 'unsafe-inline' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "frame-src 'self' blob: data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
"""Nothing comes from another server, whatever a link, a file or a label makes a page say."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Guarded:
    """The application, with :data:`HEADERS` in its answers where they have none of these."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                answers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, guarded if scope["type"] == "http" else send)
