"""The load from outside: ghz, a load tool of others, calls PlaceOrders as a stranger would, by reflection."""

import json

from order1688_bench.machine import load_cores, server_cores
from order1688_bench.processes import output_of, pinned
from order1688_bench.servers import SQLITE, TOKENS

METHOD = "order1688.v1.OrderService/PlaceOrders"


def run_ghz(ghz, servers, gateway, folder, batch, calls):
    """What ghz counted. Raises RuntimeError if a call failed."""
    data = folder / "ghz.json"
    data.write_text(json.dumps({"requestId": "{{.UUID}}", "batch": batch}), "utf-8")
    with servers.running(SQLITE, gateway, server_cores(1)) as process:
        command = [
            ghz, "--insecure", "--call", METHOD, "--data-file", data, "--metadata", json.dumps({"authorization": f"Bearer {TOKENS[0]}"}),
            "--total", calls, "--concurrency", 64, "--connections", 4, "--format", "json", process.address,
        ]  # fmt: skip
        told = json.loads(output_of(pinned(load_cores(), command)))
    if told["statusCodeDistribution"] != {"OK": calls}:
        raise RuntimeError(f"ghz had answers other than OK: {told['statusCodeDistribution']} {told['errorDistribution']}")
    percentiles = {entry["percentage"]: entry["latency"] / 1000 for entry in told["latencyDistribution"]}
    return {
        "calls": calls,
        "orders_per_second": told["rps"],
        "p50_us": percentiles[50],
        "p90_us": percentiles[90],
        "p99_us": percentiles[99],
    }
