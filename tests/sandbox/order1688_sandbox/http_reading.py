"""Reads HTTP/1.1 requests from a socket."""

import re
from dataclasses import dataclass, field

MOST_HEAD_BYTES = 65_536
MOST_BODY_BYTES = 16 * 1024 * 1024
_RECEIVE_BYTES = 65_536


class PeerClosed(Exception):
    """The peer ended the connection; what it was sending is incomplete."""


class UnreadableRequest(Exception):
    """Bytes that are no acceptable request; the connection cannot be used any more."""

    def __init__(self, status, reason, msg):
        super().__init__(msg)
        self.status, self.reason, self.msg = status, reason, msg


@dataclass
class RequestHead:
    method: str
    path: str
    version: str
    headers: dict = field(default_factory=dict)  # lower-case name -> list of values

    def value(self, name):
        return ", ".join(self.headers.get(name, []))

    def expects_continue(self):
        return self.value("expect").lower() == "100-continue"

    def keeps_alive(self):
        return self.version == "HTTP/1.1" and "close" not in self.value("connection").lower()


class RequestReader:
    def __init__(self, sock):
        self._sock = sock
        self._buffer = bytearray()

    def read_request_line(self):
        line = self._read_line()
        while not line:  # RFC 9112, 2.2: empty lines before a request are to be ignored
            line = self._read_line()
        words = line.split(" ")
        if len(words) != 3 or not re.fullmatch(r"HTTP/1\.[01]", words[2]):
            raise UnreadableRequest(400, "bad_request_line", "the request line is not HTTP/1.1")
        return RequestHead(*words)

    def read_headers(self, head):
        budget = MOST_HEAD_BYTES
        while line := self._read_line():
            budget -= len(line)
            name, colon, value = line.partition(":")
            if not colon or not re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", name):
                raise UnreadableRequest(400, "bad_header", "a header line is malformed")
            if budget < 0:
                raise UnreadableRequest(431, "head_too_large", "the headers are too long")
            head.headers.setdefault(name.lower(), []).append(value.strip(" \t"))

    def read_body(self, head):
        coding = head.value("transfer-encoding").lower()
        length = head.value("content-length")
        if coding and length:
            raise UnreadableRequest(400, "bad_length", "both Content-Length and Transfer-Encoding")
        if coding:
            if coding != "chunked":
                raise UnreadableRequest(501, "bad_coding", "unknown Transfer-Encoding")
            return self._read_chunked()
        if not re.fullmatch("[0-9]{1,18}|", length):
            raise UnreadableRequest(400, "bad_length", "Content-Length is not a number")
        return self._read_exactly(int(length or "0"))

    def _read_chunked(self):
        body = bytearray()
        while True:
            size = self._read_line().partition(";")[0].strip()
            if not re.fullmatch("[0-9A-Fa-f]{1,8}", size):
                raise UnreadableRequest(400, "bad_chunk", "a chunk size is malformed")
            if int(size, 16) == 0:
                break
            body += self._read_exactly(int(size, 16), already=len(body))
            if self._read_line():
                raise UnreadableRequest(400, "bad_chunk", "a chunk is longer than its size")
        while self._read_line():  # trailers
            pass
        return bytes(body)

    def _read_line(self):
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MOST_HEAD_BYTES:
                raise UnreadableRequest(431, "head_too_large", "a header line is too long")
            self._receive()
        line = self._buffer[:end].removesuffix(b"\r").decode("latin-1")
        del self._buffer[: end + 1]
        return line

    def _read_exactly(self, size, already=0):
        if size + already > MOST_BODY_BYTES:
            raise UnreadableRequest(413, "body_too_large", "the body is too long")
        while len(self._buffer) < size:
            self._receive()
        part = bytes(self._buffer[:size])
        del self._buffer[:size]
        return part

    def _receive(self):
        received = self._sock.recv(_RECEIVE_BYTES)
        if not received:
            raise PeerClosed
        self._buffer += received
