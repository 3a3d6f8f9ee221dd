"""The admin port: JSON over HTTP, for the tests that plan faults and look into the books."""

import http.server
import socket
import threading
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

from .exact_json import parse_exact, write_json
from .plans import BadPlans

_MOST_WAIT_MS = 600_000
_DEFAULT_WAIT_MS = 10_000
_GOALS = ("requests", "orders", "connections", "pages")
_PLAN_GOALS = ("hits", "matched", "holding")


class AdminServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, gateway, host="127.0.0.1", port=0):
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _AdminRequest)
        self.gateway = gateway
        self.port = self.server_address[1]

    def start(self):
        serve = lambda: self.serve_forever(poll_interval=0.02)
        threading.Thread(target=serve, name="admin", daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a peer that went away is no news


class BadCall(ValueError):
    pass


class _AdminRequest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self._serve("GET")

    def do_POST(self):
        self._serve("POST")

    def do_DELETE(self):
        self._serve("DELETE")

    def log_message(self, *_):
        pass

    def _serve(self, method):
        url = urlsplit(self.path)
        call = _CALLS.get((method, url.path))
        try:
            body = self.rfile.read(_whole(self.headers.get("Content-Length") or 0, "length"))
        except ValueError as error:
            self.close_connection = True
            return self._answer(400, {"errors": [str(error)]})
        if call is None:
            known = sorted(f"{name} {path}" for name, path in _CALLS)
            return self._answer(404, {"errors": ["no such call"], "calls": known})
        try:
            arguments = parse_exact(body.decode("utf-8")) if body.strip() else None
            query = dict(parse_qsl(url.query, keep_blank_values=True))
            return self._answer(200, call(self.server.gateway, arguments, query))
        except BadPlans as error:
            return self._answer(400, {"errors": error.complaints})
        except ValueError as error:
            return self._answer(400, {"errors": [str(error)]})

    def _answer(self, status, document):
        body = write_json(document)
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _healthz(_gateway, _arguments, _query):
    return {"ok": True}


def _report(gateway, _arguments, _query):
    with gateway.changed:
        return {**gateway.books.report(), "plans": gateway.plans.report()}


def _counts(gateway, _arguments, _query):
    return gateway.books.counts()


def _get_plans(gateway, _arguments, _query):
    return gateway.plans.specs()


def _add_plans(gateway, arguments, _query):
    return {"ids": gateway.plans.add(arguments)}


def _delete_plans(gateway, _arguments, _query):
    gateway.plans.clear()
    return {}


def _release(gateway, arguments, _query):
    plan_id = arguments.get("id") if isinstance(arguments, dict) else None
    released = gateway.plans.release(plan_id)
    if released is None:
        raise BadCall(f"there is no plan {plan_id!r}")
    return {"id": plan_id, "released": released}


def _reset(gateway, _arguments, _query):
    gateway.reset()
    return {}


def _clock(gateway, arguments, _query):
    offset = arguments.get("offset_seconds") if isinstance(arguments, dict) else None
    if isinstance(offset, bool) or not isinstance(offset, (int, Decimal)) or abs(offset) > 1e9:
        raise BadCall("offset_seconds is not a number of at most 1e9")
    gateway.clock.offset_seconds = float(offset)
    return {"offset_seconds": offset}


def _wait(gateway, _arguments, query):
    query = dict(query)
    timeout_ms = _whole(query.pop("timeout_ms", _DEFAULT_WAIT_MS), "timeout_ms")
    plan_id = query.pop("plan", None)
    goals = {name: _whole(value, name) for name, value in query.items()}
    allowed = _GOALS if plan_id is None else _PLAN_GOALS
    if not goals or set(goals) - set(allowed):
        raise BadCall(f"wait for one or more of {', '.join(allowed)}")
    with gateway.changed:
        if plan_id is None:
            reached = lambda: gateway.books.reached(goals)
        else:
            plan = gateway.plans.get(plan_id)
            if plan is None:
                raise BadCall(f"there is no plan {plan_id!r}")
            reached = lambda: all(getattr(plan, name) >= least for name, least in goals.items())
        done = gateway.changed.wait_for(reached, min(timeout_ms, _MOST_WAIT_MS) / 1000)
        return {"reached": bool(done)}


def _whole(text, name):
    try:
        return int(text)
    except ValueError:
        raise BadCall(f"{name} is not a whole number") from None


_CALLS = {
    ("GET", "/healthz"): _healthz,
    ("GET", "/report"): _report,
    ("GET", "/counts"): _counts,
    ("GET", "/plans"): _get_plans,
    ("POST", "/plans"): _add_plans,
    ("DELETE", "/plans"): _delete_plans,
    ("POST", "/release"): _release,
    ("POST", "/reset"): _reset,
    ("POST", "/clock"): _clock,
    ("GET", "/wait"): _wait,
}
