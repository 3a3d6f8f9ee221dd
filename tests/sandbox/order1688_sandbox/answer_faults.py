"""Planned faults in what the answer says: its JSON document, its status, its body."""

import base64

from .exact_json import RawToken
from .fault_kinds import Phase
from .http_answer import json_answer
from .json_path import duplicate_key, get_leaf, remove_leaf, set_leaf

_HTML = (
    "<!DOCTYPE html>\n<html><head><title>{status}</title></head>"
    "<body><center><h1>{status} Bad Gateway</h1></center><hr><center>sandbox</center></body></html>"
)


class FaultNotPossible(ValueError):
    """The answer lacks what the fault would change (json_path raises PathError for the same)."""


def faulty_answer(plan, document):
    """Returns the HttpAnswer with every DOCUMENT and MESSAGE fault of the plan in it. Changes
    `document`. Raises FaultNotPossible or PathError, both ValueError."""
    status = 200
    for fault in plan.faults_in(Phase.DOCUMENT):
        status = fault.get("http_status", status)
        document = _DOCUMENT_FAULTS[fault["kind"]](document, fault) or document
    answer = json_answer(document, status)
    for fault in plan.faults_in(Phase.MESSAGE):
        _MESSAGE_FAULTS[fault["kind"]](answer, fault)
    return answer


def placed_orders(plan, orders):
    """Those of the orders that get into the books although the plan spoils the answer."""
    if not plan.places_order():
        return []
    refused = [fault for fault in plan.faults_in(Phase.DOCUMENT) if _refuses_seller(fault)]
    return [
        order
        for order in orders
        if not any(_concerns(fault, order.seller_open_id) for fault in refused)
    ]


def _refuses_seller(fault):
    if fault["kind"] == "seller_failure":
        return not fault.get("places_order", fault.get("keep_id", False))
    return fault["kind"] == "missing_seller" and not fault.get("places_order", False)


def _concerns(fault, seller):
    return fault.get("seller_open_id", seller) == seller


def _trades(document, fault):
    trades = document["data"] if isinstance(document["data"], list) else []
    found = [trade for trade in trades if _concerns(fault, trade["sellerOpenId"])]
    if not found:
        raise FaultNotPossible("the answer has no such seller")
    return found


def _envelope_code(document, fault):
    document.update(
        code=fault["code"], msg=fault.get("msg", "sandbox fault"), data=fault.get("data")
    )


def _seller_failure(document, fault):
    for trade in _trades(document, fault):
        trade.update(
            success=fault.get("success", False),
            errorCode=fault["error_code"],
            errorMsg=fault["error_msg"],
        )
        if not fault.get("keep_id", False):
            trade["baseInfo"].update(id=None, idOfStr=None)
            for item in trade["productItems"]:
                item.update(subItemID=None, subItemIDString=None, productSnapshotUrl=None)


def _missing_seller(document, fault):
    for trade in _trades(document, fault):
        document["data"].remove(trade)


def _empty_data(document, _fault):
    document["data"] = []


def _data_null(document, _fault):
    document["data"] = None


def _empty_list(document, _fault):
    document["data"] = {"totalRecord": 0, "result": []}


def _short_list(document, fault):
    trades = document["data"]["result"]
    if len(trades) < fault["lacks"]:
        raise FaultNotPossible("the page has not so many orders")
    del trades[-fault["lacks"] :]


def _set_leaf(document, fault):
    for leaf in fault.get("leaves", [fault]):
        set_leaf(document, leaf["path"], RawToken(leaf["raw"]) if "raw" in leaf else leaf["json"])


def _remove_leaf(document, fault):
    for path in fault["paths"]:
        remove_leaf(document, path)


def _duplicate_key(document, fault):
    return duplicate_key(document, fault["path"], RawToken(fault["raw"]))


def _invalid_utf8(document, fault):
    # U+DCFF is written as the single byte FF, which no UTF-8 text may hold.
    set_leaf(document, fault["path"], f"{get_leaf(document, fault['path'])}\udcff")


def _http_status(answer, fault):
    answer.status = fault["status"]
    if "body" in fault:
        answer.body = fault["body"].encode("utf-8")
    elif not fault.get("keep_body", False):
        answer.body = b""
    # After a status that may have no body the peer cannot know where the next answer begins.
    answer.closes = answer.closes or (answer.status in (204, 304) and bool(answer.body))
    answer.headers.update(fault.get("headers", {}))


def _html(answer, fault):
    answer.status = fault.get("status", 502)
    answer.content_type = "text/html;charset=utf-8"
    answer.body = _HTML.format(status=answer.status).encode("utf-8")


def _body(answer, fault):
    answer.status = fault.get("status", answer.status)
    answer.content_type = fault.get("content_type", answer.content_type)
    if "text" in fault:
        answer.body = fault["text"].encode("utf-8")
    else:
        answer.body = base64.b64decode(fault["body_base64"])


def _gbk(answer, _fault):
    answer.body = answer.body.decode("utf-8", "replace").encode("gbk", "replace")


def _no_date(answer, _fault):
    answer.date_offset = None


def _date_offset(answer, fault):
    answer.date_offset = float(fault["seconds"])


_DOCUMENT_FAULTS = {
    "envelope_code": _envelope_code,
    "seller_failure": _seller_failure,
    "missing_seller": _missing_seller,
    "empty_data": _empty_data,
    "data_null": _data_null,
    "empty_list": _empty_list,
    "short_list": _short_list,
    "set_leaf": _set_leaf,
    "add_leaf": _set_leaf,
    "remove_leaf": _remove_leaf,
    "duplicate_key": _duplicate_key,
    "invalid_utf8": _invalid_utf8,
}
_MESSAGE_FAULTS = {
    "http_status": _http_status,
    "html": _html,
    "body": _body,
    "gbk": _gbk,
    "no_date": _no_date,
    "date_offset": _date_offset,
}
