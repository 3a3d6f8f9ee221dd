#!/usr/bin/env python3
"""Runs the load generator against the floor and the slow gateway: `smoke_test.py FOLDER_OF_PROGRAMS`. Times nothing."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"


class Bench:
    """A slow gateway and the floor before it, while the `with` lasts."""

    def __init__(self, programs, folder):
        self.programs = pathlib.Path(programs)
        self.folder = pathlib.Path(folder)

    def __enter__(self):
        self.gateway, gateway_port = self.start("slow_gateway", "--delay-ms", "1")
        self.floor, self.port = self.start("floor_service", "--gateway", f"http://127.0.0.1:{gateway_port}")
        return self

    def __exit__(self, *_):
        for process in (self.floor, self.gateway):
            process.kill()
            process.wait()

    def start(self, program, *arguments):
        """The running program, and the port that it says it is bound to."""
        port_file = self.folder / f"{program}.port"
        process = subprocess.Popen(
            [self.programs / program, "--listen", "127.0.0.1:0", "--port-file", port_file, *arguments]
        )
        while not port_file.exists():
            if process.poll() is not None:
                sys.exit(f"{program} ended with {process.returncode}")
            time.sleep(0.01)
        return process, json.loads(port_file.read_text())["port"]

    def load(self, *arguments):
        """Exit code and figures of one run of the load generator."""
        request = self.folder / "request.json"
        request.write_text('{"batch": %s}' % (VECTORS / "order-batch-create.request.json").read_text())
        run = subprocess.run(
            [self.programs / "order1688-load", "--server", f"127.0.0.1:{self.port}", "--request", request, "--json"]
            + ["--warmup", "0", "--seconds", "0.5", *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        return run.returncode, json.loads(run.stdout)


def expect(holds, claim, figures):
    if not holds:
        sys.exit(f"{claim}: {figures}")


def main():
    with tempfile.TemporaryDirectory() as folder, Bench(sys.argv[1], folder) as bench:
        for mode in (["--mode", "closed", "--in-flight", "8"], ["--mode", "open", "--rate", "100"]):
            code, figures = bench.load(*mode)
            expect(code == 0 and figures["failed"] == 0, "no call fails", figures)
            expect(figures["orders"] > 0, "orders are counted", figures)
            expect(figures["p50_us"] >= 1000, "an answer waits for the gateway", figures)
        bench.gateway.kill()
        bench.gateway.wait()
        code, figures = bench.load("--mode", "open", "--rate", "20")
        expect(code == 1 and figures["failed"] > 0, "a call without an answer fails", figures)
        expect(figures["orders"] == 0, "a failed call is no order", figures)


if __name__ == "__main__":
    main()
