"""Reads the body of a create request."""

from decimal import Decimal

from .exact_json import parse_exact, write_json

MOST_QUANTITY = 10**9


class BadOrderRequest(ValueError):
    """The body is not an order; the text says what is wrong with it."""


def read_order_request(body):
    """Returns the body as a dict whose numbers are int or Decimal. Raises BadOrderRequest."""
    order = _parse(body)
    if not isinstance(order, dict):
        raise BadOrderRequest("the body is not a JSON object")
    for name, kind in (("flow", str), ("addressParam", dict), ("cargoParamList", list)):
        if not isinstance(order.get(name), kind) or not order[name]:
            raise BadOrderRequest(f"{name} is missing or of a wrong type")
    for position, line in enumerate(order["cargoParamList"]):
        _check_line(line, f"cargoParamList[{position}]")
    return order


def _parse(body):
    try:
        order = parse_exact(body.decode("utf-8"))
        # A lone surrogate (\ud800) parses, but no answer could echo it.
        write_json(order).decode("utf-8")
    except (ValueError, RecursionError) as error:
        raise BadOrderRequest(f"the body is not good JSON: {type(error).__name__}") from None
    return order


def _check_line(line, where):
    if not isinstance(line, dict):
        raise BadOrderRequest(f"{where} is not an object")
    if not isinstance(line.get("sellerOpenId"), str) or not line["sellerOpenId"]:
        raise BadOrderRequest(f"{where}.sellerOpenId is missing")
    if not line.get("offerMapId") and not line.get("offerId"):
        raise BadOrderRequest(f"{where} has neither offerMapId nor offerId")
    quantity = line.get("quantity")
    if isinstance(quantity, bool) or not isinstance(quantity, (int, Decimal)):
        raise BadOrderRequest(f"{where}.quantity is not a number")
    if not 0 < quantity <= MOST_QUANTITY:
        raise BadOrderRequest(f"{where}.quantity is not above 0 and at most {MOST_QUANTITY}")
