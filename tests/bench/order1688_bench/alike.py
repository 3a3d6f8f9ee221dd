"""Before anything is measured: every server but the floor must send the sample order so that the sandbox takes it, and read
the answer alike, or a ratio between them means nothing."""

import json

from order1688_bench.machine import server_cores
from order1688_bench.processes import output_of
from order1688_bench.servers import FLOOR, OFF, TOKENS

METHOD = "order1688.v1.OrderService/PlaceOrders"


def placed_by(process, grpcurl, protos, batch):
    """The results of a placement; grpcurl prints 64-bit numbers exactly."""
    command = [
        grpcurl, "-plaintext", "-import-path", protos, "-proto", "order1688/v1/order_service.proto",
        "-H", f"authorization: Bearer {TOKENS[0]}", "-d", "@", process.address, METHOD,
    ]  # fmt: skip
    request = json.dumps({"requestId": "alike", "batch": batch})
    return json.loads(output_of(command, input=request.encode()))["placement"]["results"]


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


def check(names, servers, gateways, grpcurl, protos, batch):
    """Raises RuntimeError if the sandbox refuses what a server sends, or if a server reads an answer otherwise than
    order1688-server does."""
    wanted = None
    for name in [OFF, *(name for name in names if name not in (OFF, FLOOR))]:
        with servers.running(name, gateways["sandbox"], server_cores(1)) as process:
            outcomes = [result["outcome"] for result in placed_by(process, grpcurl, protos, batch)]
        if outcomes != ["ORDER_OUTCOME_PLACED"]:
            raise RuntimeError(f"the sandbox did not take the order of {name}: {outcomes}")
        with servers.running(name, gateways["amounts"], server_cores(1)) as process:
            results = placed_by(process, grpcurl, protos, batch)
        wanted = wanted or results
        different = list(differences(wanted, results, "results"))
        if different:
            raise RuntimeError(f"{name} reads the answer otherwise than order1688-server: {'; '.join(different[:10])}")
