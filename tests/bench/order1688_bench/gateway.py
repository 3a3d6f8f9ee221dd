"""The stand-in gateways: nginx, which answers at once with a prepared file, and slow_gateway, which takes its time."""

import copy
import json
import socket
import sys
import time
from contextlib import contextmanager

from order1688_bench.processes import serving, started

PATH = "v2/alibaba/order/batch/create"


def answers_of(sample_text):
    """The answers that are needed, by name."""
    sample = json.loads(sample_text)
    return {
        "one": sample_text,
        "ten": answer_with_orders(sample, 10),
        "hundred": answer_with_orders(sample, 100),
        "amounts": answer_with_amounts(sample),
    }


def answer_with_orders(sample, count):
    """The sample answer with so many orders, each with ids of its own."""
    answer = {**sample, "data": []}
    for number in range(count):
        order = copy.deepcopy(sample["data"][0])
        order_id = int(order["baseInfo"]["idOfStr"]) + number
        order["baseInfo"].update(idOfStr=str(order_id), id=order_id)
        for item in order["productItems"]:
            item.update(subItemIDString=str(order_id), subItemID=order_id)
        answer["data"].append(order)
    return json.dumps(answer, ensure_ascii=False)


def answer_with_amounts(sample):
    """The sample answer with amounts that are easily read wrongly: negative, in fen, with decimals."""
    answer = copy.deepcopy(sample)
    base_info = answer["data"][0]["baseInfo"]
    base_info.update(totalAmount=23.1, discount=-105, refundPayment=7)
    base_info["newStepOrderList"][0].update(adjustFee=-3175.97, postFee=0.05)
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
    """It gives the sample answer after so long."""
    command = [programs / "slow_gateway", "--listen", "127.0.0.1:0", "--delay-ms", delay_ms]
    with serving("slow_gateway", command, cores, folder) as process:
        yield f"http://{process.address}"


@contextmanager
def running_sandbox(project, folder, account, cores):
    """The project's own stand-in gateway, which checks signatures."""
    command = [
        sys.executable, "-B", project / "tests/sandbox/sandbox.py", "--quiet", "--access-key", account["ACCESS_KEY"],
        "--secret", account["ACCESS_SECRET"], "--user-id", account["USER_ID"],
    ]  # fmt: skip
    with serving("sandbox", command, cores, folder) as process:
        yield f"http://{process.address}"
