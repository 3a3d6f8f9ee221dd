"""Sends answers, with the planned faults in how their bytes leave and how the connection ends."""

import contextlib
import fcntl
import socket
import struct
import termios
import time

from .answer_faults import FaultNotPossible

_PIECE = 65_536
_LINGER_SECONDS = 2


def fin(sock):
    """Ends the connection with a FIN, as if all had been read."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        sock.setblocking(False)
        while sock.recv(_PIECE):  # close() with unread bytes would send an RST
            pass
    sock.close()


def fin_and_linger(sock):
    """As fin(), but throws away what the peer is still sending, for a while, so that no RST takes
    away what it has not yet read."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        end = time.monotonic() + _LINGER_SECONDS
        while (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            if not sock.recv(_PIECE):
                break
    sock.close()


def reset(sock):
    """Ends the connection with an RST."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class AnswerSender:
    """Sends the answers of one connection.

    `counting` is a context manager: it counts the hit on entry, so that a peer which sees the fault
    finds it counted already, and takes it back if sending raises.
    """

    def __init__(self, sock, clock, stopped):
        self._sock = sock
        self._clock = clock
        self._stopped = stopped

    def send(self, answer, fault=None, counting=contextlib.nullcontext):
        """Returns whether the connection can serve another request. With False it is closed."""
        if fault is not None:
            getattr(self, f"_{fault['kind']}")(answer, fault, counting)
            return False if fault["kind"] != "chunked" else not answer.closes
        with counting():
            self._sock.sendall(self._raw(answer))
        if answer.closes:
            fin_and_linger(self._sock)
        return not answer.closes

    def check(self, answer, fault):
        """Raises FaultNotPossible if the answer is too short for the fault."""
        shortest = {
            "drop_at_byte": len(self._raw(answer)),
            "reset_at_byte": len(self._raw(answer)),
            "truncate_body": len(answer.body) - 1,
            "chunked_cut": len(answer.body),
        }.get(fault["kind"])
        if shortest is not None and fault["n"] > shortest:
            raise FaultNotPossible(f"the answer has only {shortest} bytes for this")
        if fault["kind"] == "oversize" and fault["bytes"] < len(answer.body):
            raise FaultNotPossible(f"the answer has {len(answer.body)} bytes already")

    def _raw(self, answer):
        return answer.head(self._clock.now()) + answer.body

    def _drop_after_read(self, _answer, _fault, counting):
        with counting():
            fin(self._sock)

    def _reset_after_read(self, _answer, _fault, counting):
        with counting():
            reset(self._sock)

    def _drop_at_byte(self, answer, fault, counting):
        with counting():
            self._sock.sendall(self._raw(answer)[: fault["n"]])
            fin(self._sock)

    def _reset_at_byte(self, answer, fault, counting):
        with counting():
            self._sock.sendall(self._raw(answer)[: fault["n"]])
            self._wait_until_delivered()
            reset(self._sock)

    def _truncate_body(self, answer, fault, counting):
        with counting():
            self._sock.sendall(answer.head(self._clock.now()) + answer.body[: fault["n"]])
            fin(self._sock)

    def _chunked(self, answer, _fault, counting):
        head = answer.head(self._clock.now(), framing="chunked")
        middle = len(answer.body) // 2
        parts = [part for part in (answer.body[:middle], answer.body[middle:]) if part]
        with counting():
            self._sock.sendall(head + b"".join(map(_chunk, parts)) + _chunk(b""))
        if answer.closes:
            fin_and_linger(self._sock)

    def _chunked_cut(self, answer, fault, counting):
        head = answer.head(self._clock.now(), framing="chunked")
        part = answer.body[: fault["n"]]
        with counting():
            self._sock.sendall(head + (_chunk(part) if part else b""))
            fin(self._sock)

    def _oversize(self, answer, fault, counting):
        # The answer itself and then blanks, which JSON allows: only its size is wrong.
        blanks = fault["bytes"] - len(answer.body)
        head = answer.head(self._clock.now(), length=fault["bytes"])
        with counting():
            self._sock.sendall(head + answer.body)
        while blanks > 0 and not self._stopped.is_set():
            self._sock.sendall(b" " * min(blanks, _PIECE))
            blanks -= _PIECE
        fin_and_linger(self._sock)

    def _endless(self, answer, fault, counting):
        chunked = fault.get("chunked", True)
        head = answer.head(self._clock.now(), framing="chunked" if chunked else "none")
        blanks = _chunk(b" " * _PIECE) if chunked else b" " * _PIECE
        with counting():
            self._sock.sendall(head + (_chunk(answer.body) if chunked else answer.body))
        while not self._stopped.is_set():  # ends with an OSError when the peer closes
            self._sock.sendall(blanks)
        reset(self._sock)

    def _slow_drip(self, answer, fault, counting):
        raw = self._raw(answer)
        at_once = fault.get("after_bytes", 0)
        with counting():
            self._sock.sendall(raw[: at_once + 1])
        for position in range(at_once + 1, len(raw)):
            if self._stopped.wait(float(fault["ms_per_byte"]) / 1000):
                break
            self._sock.sendall(raw[position : position + 1])
        fin_and_linger(self._sock)

    def _garbage_status_line(self, answer, fault, counting):
        line = fault.get("line", "HTPP/9.x two hundred")
        with counting():
            self._sock.sendall(answer.head(self._clock.now(), status_line=line) + answer.body)
        fin_and_linger(self._sock)

    def _close_after_answer(self, answer, fault, counting):
        with counting():
            self._sock.sendall(self._raw(answer))
            self._wait_until_delivered()
            (reset if fault.get("how") == "reset" else fin)(self._sock)

    def _wait_until_delivered(self):
        """An RST throws away what the kernel has not yet delivered, so wait for its send queue."""
        end = time.monotonic() + _LINGER_SECONDS
        while time.monotonic() < end and not self._stopped.is_set():
            (unsent,) = struct.unpack("i", fcntl.ioctl(self._sock, termios.TIOCOUTQ, b"\0" * 4))
            if unsent == 0:
                return
            time.sleep(0.0002)


def _chunk(part):
    return b"%x\r\n%s\r\n" % (len(part), part)
