"""One HTTP answer before it is sent."""

from dataclasses import dataclass, field
from http import HTTPStatus

from .clock import http_date
from .exact_json import write_json
from .order_answer import envelope

_WITHOUT_LENGTH = (204,)


@dataclass
class HttpAnswer:
    status: int
    body: bytes
    content_type: str = "application/json;charset=utf-8"
    headers: dict = field(default_factory=dict)  # more headers; they replace those of the same name
    date_offset: float | None = 0  # None: no Date header at all
    closes: bool = False

    def status_line(self):
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unknown"
        return f"HTTP/1.1 {self.status} {phrase}"

    def head(self, now, status_line=None, framing="length", length=None):
        """The bytes up to the body. `framing` is length, chunked or none (the body ends with the
        connection); `length` overrides the Content-Length."""
        headers = {"Content-Type": self.content_type, "x-order1688-sandbox": "1"}
        if self.date_offset is not None:
            headers["Date"] = http_date(now + self.date_offset)
        if framing == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        elif framing == "length" and (self.body or self.status not in _WITHOUT_LENGTH):
            headers["Content-Length"] = str(len(self.body) if length is None else length)
        if self.closes:
            headers["Connection"] = "close"
        for name, value in self.headers.items():
            headers = {key: old for key, old in headers.items() if key.lower() != name.lower()}
            headers[name] = value
        lines = [status_line or self.status_line()]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


def json_answer(document, status=200):
    return HttpAnswer(status, write_json(document))


def refusal_answer(status, msg):
    """The envelope of a refusal: its code is the HTTP status, its data null."""
    return json_answer(envelope(status, msg), status)
