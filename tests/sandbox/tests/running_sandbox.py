"""A sandbox in this process, and a client that sees every byte. For the tests only."""

import hashlib
import http.client
import json
import socket
import sys
import time
from decimal import Decimal
from pathlib import Path

SANDBOX_FOLDER = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SANDBOX_FOLDER))

from order1688_sandbox.admin import AdminServer  # noqa: E402
from order1688_sandbox.clock import SandboxClock  # noqa: E402
from order1688_sandbox.gateway import CREATE_PATH, PAGE_PATH, Gateway  # noqa: E402
from order1688_sandbox.listener import GatewayListener  # noqa: E402
from order1688_sandbox.signature import Credentials  # noqa: E402

PATIENCE_SECONDS = 20
NONCE = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
SELLER = "BBBgGWh2O6JFI6v1aQuZVgRIA"
ADDRESS = {
    "fullName": "li",
    "mobile": "13800000001",
    "phone": "13800000001",
    "postCode": "100000",
    "cityText": "杭州市",
    "provinceText": "浙江省",
    "areaText": "西湖区",
    "townText": "转塘",
    "address": "xxxxxxx",
}


def line(seller=SELLER, spec="e61a85a671bb3d0301d0412b51641c6b", quantity=1):
    return {
        "offerMapId": "L0PTnwSnx_dWNZWCtgK7Gg",
        "specId": spec,
        "quantity": quantity,
        "sellerOpenId": seller,
    }


def order(*lines, **more):
    return {
        "flow": "general",
        "addressParam": ADDRESS,
        "cargoParamList": list(lines) or [line()],
        **more,
    }


class RunningSandbox:
    def __init__(self, tls=None, base_path="", **credentials):
        self.credentials = Credentials(**credentials)
        self.gateway = Gateway(self.credentials, SandboxClock(), base_path)
        self.listener = GatewayListener(self.gateway, tls=tls)
        self.admin_server = AdminServer(self.gateway)
        self.listener.start()
        self.admin_server.start()
        self._admin = http.client.HTTPConnection(
            "127.0.0.1", self.admin_server.port, timeout=PATIENCE_SECONDS
        )

    def stop(self):
        self._admin.close()
        self.listener.stop()
        self.admin_server.shutdown()
        self.admin_server.server_close()

    def admin(self, method, path, document=None):
        """Returns (status, document)."""
        body = None if document is None else json.dumps(document)
        self._admin.request(method, path, body)
        answer = self._admin.getresponse()
        return answer.status, json.loads(answer.read())

    def plan(self, fault, **more):
        """Plans a fault and returns its id."""
        status, answer = self.admin("POST", "/plans", [{"fault": fault, **more}])
        assert status == 200, answer
        return answer["ids"][0]

    def hits(self, plan_id):
        plans = self.admin("GET", "/report")[1]["plans"]
        return next(plan["hits"] for plan in plans if plan["id"] == plan_id)

    def client(self):
        return RawClient(self)


class RawClient:
    """One connection to the gateway port."""

    def __init__(self, sandbox, wrap=lambda sock: sock):
        self._sandbox = sandbox
        address = ("127.0.0.1", sandbox.listener.port)
        self._sock = wrap(socket.create_connection(address, timeout=PATIENCE_SECONDS))
        self._received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._sock.close()

    def headers(self, **changed):
        """The signed headers; a changed one of None is left out. Underscores stand for dashes."""
        known = self._sandbox.credentials
        factor = {"ms": 1000, "s": 1}[known.timestamp_unit]
        headers = {
            "access-key": known.access_key,
            "timestamp": str(int(time.time() * factor)),
            "nonce-str": None if known.nonce == "absent" else NONCE,
            "user-id": known.user_id,
            "Content-Type": "application/json",
        }
        headers.update({name.replace("_", "-"): value for name, value in changed.items()})
        signed = [headers[name] or "" for name in ("access-key", "timestamp", "nonce-str")]
        text = "".join(signed) + known.secret
        headers.setdefault("signature", hashlib.md5(text.encode()).hexdigest().upper())
        return {name: value for name, value in headers.items() if value is not None}

    def send_bytes(self, data):
        self._sock.sendall(data)

    def head(self, headers, method="POST", path=CREATE_PATH):
        lines = [f"{method} {path} HTTP/1.1", "Host: sandbox"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def send(self, document=None, body=None, method="POST", path=CREATE_PATH, **headers):
        if body is None:
            body = json.dumps(document or order(), ensure_ascii=False).encode()
        all_headers = {**self.headers(**headers), "Content-Length": str(len(body))}
        self.send_bytes(self.head(all_headers, method, path) + body)

    def unwrap_rudely(self):
        """From here on the bytes below TLS are received."""
        self._sock = socket.socket(fileno=self._sock.detach())
        self._sock.settimeout(PATIENCE_SECONDS)

    def receive(self):
        """Returns some bytes, b"" after a FIN; raises ConnectionResetError after an RST."""
        return self._sock.recv(65536)

    def receive_all(self):
        """Returns all bytes up to the end of the connection, and whether that was an RST."""
        received, self._received = self._received, b""
        try:
            while part := self.receive():
                received += part
        except ConnectionResetError:
            return received, True
        return received, False

    def receive_head(self):
        """Returns the status and the headers, in lower case."""
        while b"\r\n\r\n" not in self._received:
            part = self.receive()
            assert part, f"closed within the head: {self._received!r}"
            self._received += part
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(text.split(": ", 1) for text in lines)
        return int(first.split(" ")[1]), {name.lower(): text for name, text in headers.items()}

    def receive_answer(self):
        """Returns the status, the headers and the body of an answer with a Content-Length."""
        status, headers = self.receive_head()
        length = int(headers.get("content-length", 0))
        while len(self._received) < length:
            part = self.receive()
            assert part, "closed within the body"
            self._received += part
        body, self._received = self._received[:length], self._received[length:]
        return status, headers, body

    def list_page(self, **asked):
        """Asks for a page of the order list and returns the status and the answer document."""
        body = json.dumps({"page": 1, "pageSize": 20, **asked}).encode()
        self.send(body=body, path=PAGE_PATH)
        status, _, body = self.receive_answer()
        return status, json.loads(body, parse_float=Decimal)

    def place(self, document=None, **headers):
        """Sends an order and returns the status and the answer document, numbers exact."""
        self.send(document, **headers)
        status, _, body = self.receive_answer()
        return status, json.loads(body, parse_float=Decimal)
