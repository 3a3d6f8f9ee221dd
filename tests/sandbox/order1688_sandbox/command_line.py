"""The command line: reads the options, opens both ports, says which they are, waits."""

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
from pathlib import Path

from .admin import AdminServer
from .clock import SandboxClock
from .exact_json import parse_exact
from .gateway import Gateway
from .listener import GatewayListener, tls_context
from .plans import BadPlans
from .signature import Credentials


class BadOptions(ValueError):
    def __init__(self, complaints):
        super().__init__("; ".join(complaints))
        self.complaints = complaints


def main(arguments):
    options = _parser().parse_args(arguments)
    try:
        gateway = _gateway(options)
        listener, admin = _open_ports(options, gateway)
    except BadOptions as error:
        for complaint in error.complaints:
            print(f"sandbox: {complaint}", file=sys.stderr)
        return 2
    ended = _end_on_signal(options.exit_with_stdin)
    listener.start()
    admin.start()
    try:
        _announce({"port": listener.port, "admin_port": admin.port}, options.port_file)
    except OSError as error:
        print(f"sandbox: cannot say the ports: {error}", file=sys.stderr)
        return 2
    os.read(ended, 1)
    listener.stop()
    sys.stderr.flush()
    # Threads may be in the middle of an answer; an orderly interpreter exit would wait for locks.
    os._exit(0)


def _parser():
    known = Credentials()
    parser = argparse.ArgumentParser(
        prog="sandbox.py", description="Stand-in for POST /v2/alibaba/order/batch/create."
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="gateway port, 0 = any free one")
    add("--admin-port", type=int, default=0, help="admin port, 0 = any free one")
    add("--host", default="127.0.0.1", help="address of the gateway port (default: loopback)")
    add("--admin-host", default="127.0.0.1", help="address of the admin port; reports hold the "
        "requests with all that is in them, so leave it on loopback")
    add("--port-file", type=Path, help="file that gets the ports as JSON when they are ready")
    add("--access-key", default=known.access_key)
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--secret-file", type=Path)
    secret.add_argument("--secret", default=known.secret)
    add("--user-id", default=known.user_id)
    add("--timestamp-unit", choices=("ms", "s"), default=known.timestamp_unit)
    add("--nonce", choices=("required", "optional", "absent"), default=known.nonce)
    add("--scenario", type=Path, help="file with a JSON list of planned faults")
    add("--tls-cert", type=Path)
    add("--tls-key", type=Path)
    add("--base-path", default="", help="prefix before /v2/…, such as /api")
    add("--clock-offset", type=float, default=0, help="seconds that its clock is ahead")
    add("--keep", type=int, default=20_000, help="how many requests and orders a report shows")
    add("--first-order-id", type=int, help="ids count up from here (default: by chance)")
    add("--exit-with-stdin", action="store_true", help="end when standard input ends, so that "
        "it never outlives the test that started it")
    add("--quiet", action="store_true", help="no line per request on standard error")
    return parser


def _gateway(options):
    complaints = []
    secret = options.secret
    if options.secret_file:
        secret = _read(options.secret_file, complaints).strip()
    if not secret:
        complaints.append("the secret is empty")
    if options.base_path and not options.base_path.startswith("/"):
        complaints.append("--base-path does not begin with /")
    if options.keep < 1:
        complaints.append("--keep is below 1")
    if options.first_order_id is not None and options.first_order_id < 1:
        complaints.append("--first-order-id is below 1")
    credentials = Credentials(
        options.access_key, secret, options.user_id, options.timestamp_unit, options.nonce
    )
    clock = SandboxClock(options.clock_offset)
    gateway = Gateway(
        credentials, clock, options.base_path, max(options.keep, 1), options.first_order_id
    )
    if options.scenario:
        _load_scenario(gateway, options.scenario, complaints)
    if complaints:
        raise BadOptions(complaints)
    return gateway


def _load_scenario(gateway, path, complaints):
    text = _read(path, complaints)
    if not text:
        return
    try:
        gateway.plans.add(parse_exact(text))
    except BadPlans as error:
        complaints += [f"{path}: {complaint}" for complaint in error.complaints]
    except ValueError as error:
        complaints.append(f"{path}: {error}")


def _read(path, complaints):
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        complaints.append(f"{path}: {getattr(error, 'strerror', None) or 'is not UTF-8'}")
        return ""


def _open_ports(options, gateway):
    if bool(options.tls_cert) != bool(options.tls_key):
        raise BadOptions(["--tls-cert and --tls-key go together"])
    try:
        tls = tls_context(options.tls_cert, options.tls_key) if options.tls_cert else None
        listener = GatewayListener(gateway, options.host, options.port, tls, options.quiet)
        return listener, AdminServer(gateway, options.admin_host, options.admin_port)
    except (OSError, OverflowError) as error:  # ssl.SSLError is an OSError
        raise BadOptions([f"cannot listen: {error}"]) from None


def _end_on_signal(exit_with_stdin):
    """Returns a pipe that becomes readable at the end. A pipe, because a signal may come while the
    main thread holds the lock of an Event."""
    ended, end = os.pipe()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.write(end, b"."))
    if exit_with_stdin:
        threading.Thread(target=_end_with_stdin, args=(end,), daemon=True).start()
    return ended


def _end_with_stdin(end):
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os.write(end, b".")


def _announce(ports, port_file):
    line = json.dumps(ports) + "\n"
    if port_file:
        # Renamed into place, so that whoever polls for the file never reads half of it.
        unfinished = port_file.with_name(f"{port_file.name}.{os.getpid()}.tmp")
        unfinished.write_text(line, "utf-8")
        os.replace(unfinished, port_file)
    sys.stdout.write(line)
    sys.stdout.flush()
