#!/usr/bin/env python3
"""Runs the benchmark's programs against each other, briefly: `smoke_test.py FOLDER_OF_PROGRAMS`. Times nothing."""

import hashlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
DELAY_MS = 2
RUNS = 2
TOKENS = ["token-of-one-caller", "token-of-another"]
CONFIG = """
listen: "127.0.0.1:0"
ops_listen: "127.0.0.1:0"
accounts {{
  name: "main"  environment: SANDBOX  base_url: "{gateway}"  user_id: "1"
  access_key: "key-of-the-smoke-test"  access_secret_file: "{folder}/secret"
  orders_per_second: 10000  max_in_flight: 100
}}
callers {{ id: "one"  accounts: "main"  permissions: PLACE  token_sha256: "{digests[0]}" }}
callers {{ id: "another"  accounts: "main"  permissions: PLACE  token_sha256: "{digests[1]}" }}
ledger {{ sqlite {{ path: "{folder}/ledger.db" }} }}
"""


@contextmanager
def running(folder, program, *arguments):
    """Starts a program that writes a port file; gives the process and its port, and kills it in the end."""
    port_file = folder / f"{program.name}.port"
    process = subprocess.Popen([program, "--port-file", port_file, *arguments])
    try:
        while not port_file.exists():
            if process.poll() is not None:
                sys.exit(f"{program.name} ended with {process.returncode}")
            time.sleep(0.01)  # between two looks
        yield process, json.loads(port_file.read_text())["port"]
    finally:
        process.kill()
        process.wait()


def load(programs, folder, port, *arguments):
    """Exit code and figures of one run of the load generator."""
    run = subprocess.run(
        [programs / "order1688-load", "--server", f"127.0.0.1:{port}", "--request", folder / "request.json", "--json"]
        + ["--warmup", "0", "--seconds", "1", "--token-file", folder / "token", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    return run.returncode, json.loads(run.stdout)


def expect(holds, claim, figures):
    if not holds:
        sys.exit(f"does not hold: {claim}: {figures}")


def check_runs(programs, folder, port):
    """A closed and an open run, without a failure; returns how many orders they counted."""
    orders = 0
    for mode in (["--mode", "closed", "--in-flight", "8"], ["--mode", "open", "--rate", "100"]):
        code, figures = load(programs, folder, port, *mode)
        expect(code == 0 and figures["failed"] == 0, "no call fails", figures)
        expect(figures["orders"] > 0, "orders are counted", figures)
        expect(figures["p50_us"] >= DELAY_MS * 1000, "an order takes as long as the gateway", figures)
        orders += figures["all_orders"]
    return orders


def main():
    programs = pathlib.Path(sys.argv[1])
    with ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        request = (VECTORS / "order-batch-create.request.json").read_text(encoding="utf-8")
        (folder / "request.json").write_text('{"batch": %s}' % request, encoding="utf-8")
        (folder / "token").write_text("\n".join(TOKENS))
        (folder / "secret").write_text("secret-of-the-smoke-test")
        (folder / "secret").chmod(0o600)

        here = ["--listen", "127.0.0.1:0"]
        slow, port = stack.enter_context(
            running(folder, programs / "slow_gateway", *here, "--delay-ms", str(DELAY_MS))
        )
        gateway = f"http://127.0.0.1:{port}"
        digests = [hashlib.sha256(token.encode()).hexdigest() for token in TOKENS]
        (folder / "config").write_text(CONFIG.format(gateway=gateway, folder=folder, digests=digests))
        _, floor = stack.enter_context(running(folder, programs / "floor_service", *here, "--gateway", gateway))
        _, server = stack.enter_context(running(folder, programs / "order1688-server", "--config", folder / "config"))

        unledgered_config = ["--config", folder / "config"]
        _, unledgered = stack.enter_context(running(folder, programs / "unledgered_server", *unledgered_config))

        check_runs(programs, folder, floor)
        check_runs(programs, folder, unledgered)
        orders = check_runs(programs, folder, server)
        with closing(sqlite3.connect(folder / "ledger.db")) as ledger:
            rows = dict(ledger.execute("SELECT caller, count(*) FROM placement GROUP BY caller"))
        expect(sum(rows.values()) == orders, "every order has a request_id of its own, in every run", (rows, orders))
        expect(abs(rows.get("one", 0) - rows.get("another", 0)) <= RUNS, "the callers take turns", rows)

        slow.kill()
        slow.wait()
        code, figures = load(programs, folder, floor, "--mode", "open", "--rate", "20")
        expect(code == 1 and figures["failed"] > 0, "a call without an answer fails", figures)
        expect(figures["orders"] == 0, "a failed call is no order", figures)


if __name__ == "__main__":
    main()
