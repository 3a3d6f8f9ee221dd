"""What the sandbox remembers: every request that it serves, and every order that exists."""

import hashlib
import json
from collections import Counter, deque
from dataclasses import dataclass, field

from .clock import order_time


@dataclass
class RequestEntry:
    """One request, from the arrival of its request line on. Each call counts its own numbers."""

    number: int
    connection: int
    connection_request_number: int
    received_at: str
    epoch: int
    read_whole: bool = False
    body: bytes | None = None
    headers: dict = field(default_factory=dict)
    signature_ok: bool | None = None  # None: not checked
    refused: str | None = None
    orders: list = field(default_factory=list)
    fault: str | None = None
    fault_error: str | None = None


class Books:
    """Thread-safe; `changed` (a Condition, shared with the PlanBook) tells of every change.

    The last `keep` requests and orders are kept whole; the counts know all.
    """

    def __init__(self, changed, clock, secret, keep):
        self._changed = changed
        self._clock = clock
        self._secret = secret
        self._keep = keep
        self._epoch = 0
        self._connections = 0  # goes on after a reset: open connections keep their numbers
        self.reset()

    def reset(self):
        with self._changed:
            self._epoch += 1
            self._begun = self._read_whole = self._refused = 0
            self._connections_at_reset = self._connections
            self._order_count = 0
            self._same_body, self._same_order = Counter(), Counter()
            self._requests, self._orders = deque(maxlen=self._keep), deque(maxlen=self._keep)
            self._pages_begun = self._pages_read_whole = 0
            self._page_requests = deque(maxlen=self._keep)
            self._changed.notify_all()

    def connection_opened(self):
        with self._changed:
            self._connections += 1
            self._changed.notify_all()
            return self._connections

    def begin(self, connection, connection_request_number):
        """The request line of a create request has arrived."""
        with self._changed:
            self._begun += 1
            now = order_time(self._clock.now())
            entry = RequestEntry(
                self._begun, connection, connection_request_number, now, self._epoch
            )
            self._requests.append(entry)
            self._changed.notify_all()
            return entry

    def begin_page(self, connection, connection_request_number):
        """The request line of a request for a page of the order list has arrived."""
        with self._changed:
            self._pages_begun += 1
            now = order_time(self._clock.now())
            entry = RequestEntry(
                self._pages_begun, connection, connection_request_number, now, self._epoch
            )
            self._page_requests.append(entry)
            return entry

    def record_page(self, entry, head, body, shown):
        """The request was read to its end; `shown` are the ids of the orders on the page."""
        with self._changed:
            entry.read_whole, entry.body, entry.headers = True, body, head.headers
            entry.orders = shown
            if entry.epoch == self._epoch:
                self._pages_read_whole += 1
                self._changed.notify_all()

    def orders(self):
        """The orders that are kept, oldest first."""
        with self._changed:
            return [order for _number, _key, order in self._orders]

    def record_whole(self, entry, head, body, orders):
        """The request was read to its end; `orders` are those that now exist."""
        with self._changed:
            entry.read_whole, entry.body, entry.headers = True, body, head.headers
            entry.orders = [order.order_id for order in orders]
            if entry.epoch != self._epoch:  # it began before a reset: nobody waits for it any more
                return
            self._read_whole += 1
            self._refused += entry.refused is not None
            self._same_body[hashlib.sha256(body).hexdigest()] += 1
            for order in orders:
                self._order_count += 1
                key = _goods_and_receiver(order)
                self._same_order[key] += 1
                self._orders.append((entry.number, key, order))
            self._changed.notify_all()

    def counts(self):
        with self._changed:
            return {
                "requests_begun": self._begun,
                "requests_read_whole": self._read_whole,
                "refused": self._refused,
                "connections": self._connections - self._connections_at_reset,
                "orders": self._order_count,
                "max_same_body": max(self._same_body.values(), default=0),
                "max_same_order": max(self._same_order.values(), default=0),
                "pages_read_whole": self._pages_read_whole,
                "by_body_sha256": dict(self._same_body),
                "by_business_key": dict(self._same_order),
            }

    def reached(self, goals):
        """Whether each goal {requests | orders | connections | pages: number} is reached."""
        numbers = {
            "requests": self._read_whole,
            "orders": self._order_count,
            "connections": self._connections - self._connections_at_reset,
            "pages": self._pages_read_whole,
        }
        return all(numbers[name] >= least for name, least in goals.items())

    def report(self):
        with self._changed:
            return {
                "requests": [self._request_report(entry) for entry in self._requests],
                "orders": [_order_report(*kept) for kept in self._orders],
                "page_requests": [self._request_report(entry) for entry in self._page_requests],
                "dropped_requests": self._begun - len(self._requests),
                "dropped_orders": self._order_count - len(self._orders),
            }

    def _request_report(self, entry):
        body = entry.body
        text = None if body is None else body.decode("utf-8", "backslashreplace")
        headers = {name: ", ".join(values) for name, values in entry.headers.items()}
        seen = any(self._secret in part for part in [text or "", *headers.values()])
        return {
            "number": entry.number,
            "connection": entry.connection,
            "connection_request_number": entry.connection_request_number,
            "received_at": entry.received_at,
            "read_whole": entry.read_whole,
            "bytes_sha256": None if body is None else hashlib.sha256(body).hexdigest(),
            "body": text and self._redacted(text),
            "headers": {name: self._redacted(value) for name, value in headers.items()},
            "secret_was_sent": seen,
            "signature_ok": entry.signature_ok,
            "refused": entry.refused,
            "orders": entry.orders,
            "fault": entry.fault,
            "fault_error": entry.fault_error,
        }

    def _redacted(self, text):
        return text.replace(self._secret, "<secret>")


def _goods_and_receiver(order):
    """The same for two orders of the same goods, from the same seller, for the same receiver."""
    goods = [{**line, "subItemIDString": None} for line in order.cargo]
    text = json.dumps([order.seller_open_id, goods, order.receiver], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _order_report(request_number, key, order):
    return {
        "order_id": order.order_id,
        "seller_open_id": order.seller_open_id,
        "request_number": request_number,
        "cargo": order.cargo,
        "receiver": order.receiver,
        "goods_and_receiver_sha256": key,
    }
