"""The stand-in gateways: nginx, which answers at once with a prepared file, and slow_gateway, which takes its time."""

import copy
import json
import socket
import time
from contextlib import contextmanager

from order1688_bench.processes import serving, started

PATH = "v2/alibaba/order/batch/create"


def answer_of(sample, orders):
    """The sample answer with so many orders, each with ids of its own."""
    answer = {**sample, "data": []}
    for number in range(orders):
        order = copy.deepcopy(sample["data"][0])
        first_id = int(order["baseInfo"]["idOfStr"])
        order["baseInfo"]["idOfStr"] = str(first_id + number)
        order["baseInfo"]["id"] = first_id + number
        for item in order["productItems"]:
            item["subItemIDString"] = str(first_id + number)
            item["subItemID"] = first_id + number
        answer["data"].append(order)
    return json.dumps(answer, ensure_ascii=False)


@contextmanager
def running_nginx(bench, folder, answers, cores):
    """`answers` names texts; gives the base URL of each."""
    for name, text in answers.items():
        file = folder / name / PATH
        file.parent.mkdir(parents=True)
        file.write_text(text, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:  # nginx takes no port 0
        port = free.getsockname()[1]
    config = (bench / "nginx.conf.in").read_text("utf-8").replace("@ROOT@", str(folder)).replace("@PORT@", str(port))
    (folder / "nginx.conf").write_text(config, "utf-8")
    command = ["/usr/sbin/nginx", "-e", "stderr", "-c", folder / "nginx.conf"]
    with started(command, cores, folder / "nginx.log") as process:
        while True:
            if process.poll() is not None:
                raise RuntimeError(f"nginx ended with {process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.02)  # between two looks
        yield {name: f"http://127.0.0.1:{port}/{name}" for name in answers}


@contextmanager
def running_slow_gateway(programs, folder, delay_ms, cores):
    command = [programs / "slow_gateway", "--listen", "127.0.0.1:0", "--delay-ms", delay_ms]
    with serving("slow_gateway", command, cores, folder) as process:
        yield f"http://{process.address}"
