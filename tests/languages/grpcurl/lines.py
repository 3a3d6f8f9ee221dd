"""Prints what grpcurl answered, JSON on standard input, as lines of the scenario: lines.py STEP KIND [KEY…]

KIND placed: a PlaceOrdersResponse. KIND failure: a google.rpc.Status; KEY: the members of ErrorInfo.metadata to print, `-` for all.
"""

import json
import sys

CODES = {2: "UNKNOWN", 3: "INVALID_ARGUMENT", 16: "UNAUTHENTICATED"}


def line(field, value):
    print(sys.argv[1], field, value, sep="\t")


def placed(response):
    line("state", response["placement"]["state"].removeprefix("PLACEMENT_STATE_"))
    for result in response["placement"]["results"]:
        base = result["order"]["baseInfo"]
        total = base["totalAmount"]
        line("order_id", base["idOfStr"])
        line("total", f"{total['units']}.{total.get('nanos', 0):09} {total['currencyCode']}")
        line("seller", base["sellerContact"]["companyName"])
        line("receiver", base["receiverInfo"]["toArea"])
        line("cargo", result["order"]["productItems"][0]["name"])
    if response.get("replayed"):
        line("replayed", "true")


def failure(status, keys):
    details = {detail["@type"].rpartition(".")[2]: detail for detail in status["details"]}
    info = details["ErrorInfo"]
    line("code", CODES[status["code"]])
    line("reason", info["reason"])
    if keys == ["-"]:
        line("domain", info["domain"])
        keys = sorted(info["metadata"])
    for key in keys:
        line(f"metadata.{key}", info["metadata"][key])
    for violation in details.get("BadRequest", {}).get("fieldViolations", []):
        line(violation["field"], violation["description"])


answer = json.load(sys.stdin)
if sys.argv[2] == "placed":
    placed(answer)
else:
    failure(answer, sys.argv[3:])
