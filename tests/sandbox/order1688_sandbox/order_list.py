"""Answers the order list: a page of the orders that exist, newest first.

The vendor does not publish this call. Body and answer are the guess of the project: what 1688's own
buyer list (alibaba.trade.getBuyerOrderList) takes and gives, in the envelope of every call.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .exact_json import parse_exact
from .order_answer import envelope, trade_of

MOST_PAGE_SIZE = 50
_TIME = re.compile(r"(\d{14})(\d{3})([+-])(\d{2})(\d{2})")


class BadPageRequest(ValueError):
    """The body asks for no page; the text says what is wrong with it."""


@dataclass(frozen=True)
class PageRequest:
    page: int
    size: int
    created_from: float | None  # seconds since 1970, inclusive
    created_to: float | None
    shows_receiver: bool


def read_page_request(body):
    """Raises BadPageRequest. Keys that it does not know mean nothing, as at the real gateway."""
    try:
        asked = parse_exact(body.decode("utf-8"))
    except ValueError:
        raise BadPageRequest("the body is not good JSON") from None
    if not isinstance(asked, dict):
        raise BadPageRequest("the body is not a JSON object")
    return PageRequest(
        _whole(asked, "page", 1, 10**6),
        _whole(asked, "pageSize", 20, MOST_PAGE_SIZE),
        _time(asked, "createStartTime"),
        _time(asked, "createEndTime"),
        asked.get("needBuyerAddressAndPhone") in (True, "true"),
    )


def list_page(request, orders):
    """Returns the answer document for `orders`, oldest first, and the ids that it shows."""
    found = [order for order in reversed(orders) if _is_in(order, request)]
    first = (request.page - 1) * request.size
    shown = found[first : first + request.size]
    trades = [_listed(trade_of(order), request) for order in shown]
    document = envelope(200, "成功", {"totalRecord": len(found), "result": trades})
    return document, [order.order_id for order in shown]


def _is_in(order, request):
    return (request.created_from is None or order.created_at >= request.created_from) and (
        request.created_to is None or order.created_at <= request.created_to
    )


def _listed(trade, request):
    if not request.shows_receiver:
        trade["nativeLogistics"] = None
        trade["baseInfo"]["receiverInfo"] = None
    return trade


def _whole(asked, name, otherwise, most):
    value = asked.get(name, otherwise)
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise BadPageRequest(f"{name} is not in 1..{most}")
    return value


def _time(asked, name):
    text = asked.get(name)
    if text is None:
        return None
    parts = _TIME.fullmatch(text) if isinstance(text, str) else None
    try:
        day, milliseconds, sign, hours, minutes = parts.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        zone = timezone(offset if sign == "+" else -offset)
        moment = datetime.strptime(day, "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except (AttributeError, ValueError):
        raise BadPageRequest(f"{name} is not yyyyMMddHHmmssSSS+0800") from None
    return moment.timestamp() + int(milliseconds) / 1000
