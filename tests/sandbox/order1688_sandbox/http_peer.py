"""One connection to the gateway port: reads its requests, one after the other, and answers them."""

import contextlib
import socket
import sys

from .fault_kinds import PAGE, Phase
from .http_answer import refusal_answer
from .http_reading import PeerClosed, RequestReader, UnreadableRequest
from .http_sending import AnswerSender, fin_and_linger, reset


class HttpPeer:
    def __init__(self, sock, gateway, stopped, quiet):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._gateway = gateway
        self._stopped = stopped
        self._quiet = quiet
        self._number = gateway.books.connection_opened()
        self._requests = 0
        self._reader = RequestReader(sock)
        self._sender = AnswerSender(sock, gateway.clock, stopped)

    def serve(self):
        """Returns when the connection is over; the socket is closed then."""
        try:
            while not self._stopped.is_set() and self._serve_one():
                pass
        except UnreadableRequest as unreadable:
            answer = refusal_answer(unreadable.status, unreadable.msg)
            answer.closes = True
            with contextlib.suppress(OSError):
                self._sender.send(answer)
        except (PeerClosed, OSError):
            pass
        finally:
            with contextlib.suppress(OSError):
                self._sock.close()

    def _serve_one(self):
        head = self._reader.read_request_line()
        self._requests += 1
        call = self._gateway.call_of(head)
        if call is None:
            return self._refuse_other(head)
        if call == PAGE:
            return self._serve_page(head)
        entry = self._gateway.books.begin(self._number, self._requests)
        if self._ends_on_arrival(entry):
            return False
        body = self._read(head, entry)
        decision = self._gateway.decide(entry, head, body, self._sender.check)
        decision.answer.closes |= not head.keeps_alive()
        self._log(entry, decision.answer.status)
        return self._answer(decision)

    def _serve_page(self, head):
        entry = self._gateway.books.begin_page(self._number, self._requests)
        body = self._read(head, entry)
        decision = self._gateway.decide_page(entry, head, body, self._sender.check)
        decision.answer.closes |= not head.keeps_alive()
        self._log(entry, decision.answer.status, "page")
        return self._answer(decision)

    def _read(self, head, entry):
        try:
            self._reader.read_headers(head)
            if head.expects_continue():
                self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            return self._reader.read_body(head)
        except UnreadableRequest as unreadable:
            entry.refused = unreadable.reason
            raise

    def _refuse_other(self, head):
        self._reader.read_headers(head)
        answer = self._gateway.refuse_other(head)
        answer.closes = not head.keeps_alive() or head.expects_continue()
        if not head.expects_continue():
            self._reader.read_body(head)
        return self._sender.send(answer)

    def _ends_on_arrival(self, entry):
        numbers = {
            "request_number": entry.number,
            "connection_request_number": entry.connection_request_number,
        }
        plan = self._gateway.plans.take_on_arrival(numbers)
        if plan is None:
            return False
        entry.fault = plan.id
        self._log(entry, "unread")
        with self._counting(plan)():
            end = reset if plan.kind == "reset_before_read" else fin_and_linger
            end(self._sock)
        return True

    def _answer(self, decision):
        plan = decision.plan
        if plan is None:
            return self._sender.send(decision.answer)
        for fault in plan.faults_in(Phase.WAIT):
            if fault["kind"] == "delay":
                self._stopped.wait(float(fault["ms"]) / 1000)
            else:
                self._gateway.plans.hold(plan, self._stopped)
        if self._stopped.is_set():
            return False
        # A plain hold was counted when it began.
        counting = contextlib.nullcontext if plan.kind == "hold" else self._counting(plan)
        return self._sender.send(decision.answer, plan.fault_in(Phase.SENDING), counting)

    def _counting(self, plan):
        """Counts a hit before its bytes leave, and takes it back if they could not."""
        plans = self._gateway.plans

        @contextlib.contextmanager
        def counting():
            plans.count_hit(plan)
            try:
                yield
            except OSError:
                plans.count_hit(plan, -1)
                raise

        return counting

    def _log(self, entry, status, call="request"):
        if not self._quiet:
            why = f" refused={entry.refused}" if entry.refused else ""
            why += f" fault={entry.fault}" if entry.fault else ""
            where = f"connection={entry.connection}.{entry.connection_request_number}"
            print(
                f"sandbox: {call}={entry.number} {where} answer={status}"
                f" orders={len(entry.orders)}{why}",
                file=sys.stderr,
                flush=True,
            )
