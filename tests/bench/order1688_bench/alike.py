"""Before anything is measured: every server must make the same of the sample order, or a ratio between them means nothing."""

import json
import subprocess

from order1688_bench.machine import server_cores
from order1688_bench.processes import environment
from order1688_bench.servers import OFF, TOKENS

METHOD = "order1688.v1.OrderService/PlaceOrders"


def placed_by(process, grpcurl, protos, batch):
    """The results of a placement; grpcurl prints 64-bit numbers exactly."""
    command = [
        grpcurl, "-plaintext", "-import-path", protos, "-proto", "order1688/v1/order_service.proto",
        "-H", f"authorization: Bearer {TOKENS[0]}", "-d", "@", process.address, METHOD,
    ]  # fmt: skip
    request = json.dumps({"requestId": "alike", "batch": batch})
    done = subprocess.run(command, input=request.encode(), stdout=subprocess.PIPE, check=True, env=environment())
    return json.loads(done.stdout)["placement"]["results"]


def differences(wanted, got, path=""):
    """The paths at which two JSON values differ."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in sorted(wanted.keys() | got.keys()):
            yield from differences(wanted.get(key), got.get(key), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, (left, right) in enumerate(zip(wanted, got)):
            yield from differences(left, right, f"{path}[{index}]")
    elif wanted != got:
        yield f"{path}: {got!r}, not {wanted!r}"


def check(names, servers, gateway, grpcurl, protos, batch):
    """Raises RuntimeError if a server's answer differs from the one of order1688-server."""
    wanted = None
    for name in [OFF, *(name for name in names if name != OFF)]:
        with servers.running(name, gateway, server_cores(1)) as process:
            results = placed_by(process, grpcurl, protos, batch)
        wanted = wanted or results
        different = list(differences(wanted, results, "results"))
        if different:
            raise RuntimeError(f"{name} answers otherwise than order1688-server: {'; '.join(different[:10])}")
