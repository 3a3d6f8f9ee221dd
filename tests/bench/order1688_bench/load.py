"""Runs the load against one server, and measures both sides."""

import json
from dataclasses import dataclass

from order1688_bench.machine import load_cores
from order1688_bench.processes import output_of, pinned

# What is spent on a run that does not count, before the one that does: connections, caches, just-in-time compilers.
WARMUP_SHARE = 0.4
# How long the load has been on when the count begins. At a slow gateway nothing is answered at first, and the calls that
# were begun at one instant wait for each other.
FILLING_SECONDS = 1


@dataclass(frozen=True)
class Load:
    """One way to load a server."""

    in_flight: int = 64  # closed loop; 0: open loop
    channels: int = 4
    request: str = "one line"  # of `requests_of`
    gateway: str = "one"  # of the running gateways
    server_cores: int = 1
    # Open loop: calls a second as a share of what this server did in this round under this load.
    rate_share: float = 0
    rate_of: tuple = ()  # (server, load)


LOADS = {
    "64": Load(),
    "1": Load(in_flight=1, channels=1),
    "half": Load(in_flight=0, rate_share=0.5, rate_of=("order1688", "64")),
    "1,000": Load(in_flight=1000),
    "100 lines": Load(request="100 lines"),
    "10 orders": Load(gateway="ten"),
    "100 orders": Load(gateway="hundred"),
    "two cores": Load(server_cores=2),
    "slow gateway": Load(in_flight=1000, gateway="slow"),
}


@dataclass(frozen=True)
class Figures:
    """Of one run. Only ratios of one round mean anything."""

    orders_per_second: float
    cpu_us_per_order: float
    p50_us: float
    p90_us: float
    p99_us: float
    peak_memory_mb: float


def requests_of(sample_body):
    """PlaceOrdersRequests as JSON, by name. The lines of the long one differ in nothing: the sample answer covers all."""
    lines = sample_body["cargoParamList"]
    return {
        "one line": json.dumps({"batch": sample_body}),
        "100 lines": json.dumps({"batch": {**sample_body, "cargoParamList": lines * 100}}),
    }


class LoadGenerator:
    def __init__(self, programs, folder, token_file, requests, seconds):
        self.program = programs / "order1688-load"
        self.folder = folder
        self.token_file = token_file
        self.seconds = seconds
        for name, text in requests.items():
            self.request_file(name).write_text(text, "utf-8")

    def request_file(self, name):
        return self.folder / f"request {name}.json"

    def measure(self, process, load, calls_per_second):
        """Figures of a warm server. Raises RuntimeError if a call fails: such a run measured nothing."""
        self.run(process, load, calls_per_second, self.seconds * WARMUP_SHARE)
        cpu_before = process.cpu_seconds()
        told = self.run(process, load, calls_per_second, self.seconds, FILLING_SECONDS)
        cpu = process.cpu_seconds() - cpu_before
        return Figures(
            orders_per_second=told["orders_per_second"],
            # Also of the orders before the count began and when it was over.
            cpu_us_per_order=cpu * 1e6 / told["all_orders"],
            p50_us=told["p50_us"],
            p90_us=told["p90_us"],
            p99_us=told["p99_us"],
            peak_memory_mb=process.peak_memory_mb(),
        )

    def run(self, process, load, calls_per_second, seconds, uncounted_seconds=0):
        command = [
            self.program, "--json", "--server", process.address, "--token-file", self.token_file,
            "--request", self.request_file(load.request), "--channels", load.channels, "--seconds", seconds, "--warmup", uncounted_seconds,
        ]  # fmt: skip
        if load.in_flight:
            command += ["--mode", "closed", "--in-flight", load.in_flight]
        else:
            command += ["--mode", "open", "--rate", calls_per_second]
        return json.loads(output_of(pinned(load_cores(load.server_cores), command)))
