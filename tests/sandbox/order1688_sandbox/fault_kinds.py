"""The kinds of planned faults, and the parameters that each takes."""

import base64
import binascii
import enum
from dataclasses import dataclass, field
from decimal import Decimal

from .json_path import PathError, parse_path


class Phase(enum.IntEnum):
    """When a fault works. A plan with several faults carries them out in this order."""

    ARRIVAL = 1  # instead of reading the request
    WAIT = 2  # before the answer
    DOCUMENT = 3  # changes the JSON document of the answer
    MESSAGE = 4  # changes status, headers or body as a whole
    SENDING = 5  # changes how the bytes leave


class BadFault(ValueError):
    pass


# The calls that the sandbox answers: create an order, and a page of the order list.
CREATE, PAGE = "create", "page"


@dataclass(frozen=True)
class Kind:
    phase: Phase
    required: dict = field(default_factory=dict)  # name -> check, which returns a complaint or None
    optional: dict = field(default_factory=dict)
    # Whether the orders of the request are in the books, unless the plan says places_order.
    places_order: bool = True
    # places_order speaks of one seller's order only; see answer_faults.
    per_seller: bool = False
    calls: tuple = (CREATE, PAGE)  # whose answers it can spoil


def check_fault(fault):
    """Returns the complaints about one fault object; none means that it can be carried out."""
    if not isinstance(fault, dict):
        return ["fault is not an object"]
    kind = KINDS.get(fault.get("kind"))
    if kind is None:
        return [f"fault.kind {fault.get('kind')!r} is unknown; known are: {', '.join(KINDS)}"]
    checks = {**kind.required, **kind.optional}
    if kind.phase is not Phase.ARRIVAL:
        checks["places_order"] = _boolean
    complaints = [
        f"fault.{name} is needed by {fault['kind']}" for name in kind.required if name not in fault
    ]
    for name, value in fault.items():
        if name == "kind":
            continue
        complaint = checks[name](value) if name in checks else f"is unknown to {fault['kind']}"
        if complaint:
            complaints.append(f"fault.{name} {complaint}")
    return complaints + _check_together(fault)


def _check_together(fault):
    if fault["kind"] == "set_leaf":
        single = "path" in fault and ("json" in fault) != ("raw" in fault)
        several = "leaves" in fault and not {"path", "json", "raw"} & set(fault)
        if not single and not several:
            return ["set_leaf takes path with json or raw, or a list leaves of such objects"]
    if fault["kind"] == "body" and ("text" in fault) == ("body_base64" in fault):
        return ["body takes either text or body_base64"]
    return []


def _number(lowest, highest):
    def check(value):
        good = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
        return None if good and lowest <= value <= highest else f"is not in {lowest}..{highest}"

    return check


def _whole(lowest, highest):
    def check(value):
        good = isinstance(value, int) and not isinstance(value, bool)
        complaint = f"is not a whole number in {lowest}..{highest}"
        return None if good and lowest <= value <= highest else complaint

    return check


def _text(value):
    return None if isinstance(value, str) else "is not text"


def _line(value):
    good = isinstance(value, str) and "\r" not in value and "\n" not in value
    return None if good else "is not one line of text"


def _boolean(value):
    return None if isinstance(value, bool) else "is not true or false"


def _anything(_value):
    return None


def _headers(value):
    good = isinstance(value, dict) and not any(
        _line(name) or _line(content) for name, content in value.items()
    )
    return None if good else "is not an object of header lines"


def _base64(value):
    try:
        base64.b64decode(value, validate=True)
        return None
    except (TypeError, ValueError, binascii.Error):
        return "is not base64"


def _path(value):
    try:
        parse_path(value)
        return None
    except (PathError, TypeError) as error:
        return f"is not a path: {error}"


def _paths(value):
    if not isinstance(value, list) or not value:
        return "is not a list of paths"
    return next((complaint for complaint in map(_path, value) if complaint), None)


def _leaves(value):
    if not isinstance(value, list) or not value:
        return "is not a list of leaves"
    for leaf in value:
        if not isinstance(leaf, dict) or not {"path"} < set(leaf) <= {"path", "json", "raw"}:
            return "needs {path, json} or {path, raw} in each element"
        if len(leaf) != 2 or _path(leaf["path"]) or _text(leaf.get("raw", "")):
            return "needs {path, json} or {path, raw} in each element"
    return None


def _one_of(*values):
    return lambda value: None if value in values else f"is not one of {', '.join(values)}"


_STATUS = _whole(200, 599)
_BYTES = _whole(0, 2**40)
_NUMBER_OF_BYTES = {"n": _BYTES}
_MILLISECONDS = _number(0, 3_600_000)

KINDS = {
    "drop_before_read": Kind(Phase.ARRIVAL, places_order=False, calls=(CREATE,)),
    "reset_before_read": Kind(Phase.ARRIVAL, places_order=False, calls=(CREATE,)),
    "delay": Kind(Phase.WAIT, {"ms": _MILLISECONDS}),
    "hold": Kind(Phase.WAIT),
    "envelope_code": Kind(
        Phase.DOCUMENT,
        {"code": _anything},
        {"msg": _anything, "data": _anything, "http_status": _STATUS},
        places_order=False,
    ),
    "seller_failure": Kind(
        Phase.DOCUMENT,
        {"error_code": _anything, "error_msg": _anything},
        {"seller_open_id": _text, "success": _anything, "keep_id": _boolean},
        per_seller=True,
        calls=(CREATE,),
    ),
    "missing_seller": Kind(
        Phase.DOCUMENT, {"seller_open_id": _text}, per_seller=True, calls=(CREATE,)
    ),
    "empty_data": Kind(Phase.DOCUMENT, places_order=False, calls=(CREATE,)),
    "empty_list": Kind(Phase.DOCUMENT, calls=(PAGE,)),
    "short_list": Kind(Phase.DOCUMENT, {"lacks": _whole(1, 50)}, calls=(PAGE,)),
    "data_null": Kind(Phase.DOCUMENT, places_order=False),
    "set_leaf": Kind(
        Phase.DOCUMENT,
        optional={"path": _path, "json": _anything, "raw": _text, "leaves": _leaves},
    ),
    "remove_leaf": Kind(Phase.DOCUMENT, {"paths": _paths}),
    "duplicate_key": Kind(Phase.DOCUMENT, {"path": _path, "raw": _text}),
    "invalid_utf8": Kind(Phase.DOCUMENT, {"path": _path}),
    "http_status": Kind(
        Phase.MESSAGE,
        {"status": _STATUS},
        {"keep_body": _boolean, "body": _text, "headers": _headers},
        places_order=False,
    ),
    "html": Kind(Phase.MESSAGE, optional={"status": _STATUS}, places_order=False),
    "body": Kind(
        Phase.MESSAGE,
        optional={
            "text": _text,
            "body_base64": _base64,
            "status": _STATUS,
            "content_type": _line,
        },
        places_order=False,
    ),
    "gbk": Kind(Phase.MESSAGE),
    "no_date": Kind(Phase.MESSAGE),
    "date_offset": Kind(Phase.MESSAGE, {"seconds": _number(-(10**9), 10**9)}),
    "drop_after_read": Kind(Phase.SENDING),
    "reset_after_read": Kind(Phase.SENDING),
    "drop_at_byte": Kind(Phase.SENDING, _NUMBER_OF_BYTES),
    "reset_at_byte": Kind(Phase.SENDING, _NUMBER_OF_BYTES),
    "truncate_body": Kind(Phase.SENDING, _NUMBER_OF_BYTES),
    "chunked": Kind(Phase.SENDING),
    "chunked_cut": Kind(Phase.SENDING, _NUMBER_OF_BYTES),
    "oversize": Kind(Phase.SENDING, {"bytes": _BYTES}),
    "endless": Kind(Phase.SENDING, optional={"chunked": _boolean}),
    "slow_drip": Kind(Phase.SENDING, {"ms_per_byte": _MILLISECONDS}, {"after_bytes": _BYTES}),
    "garbage_status_line": Kind(Phase.SENDING, optional={"line": _line}),
    "close_after_answer": Kind(Phase.SENDING, optional={"how": _one_of("fin", "reset")}),
}
# The same fault under the name that says what it is for: a field that nobody knows.
KINDS["add_leaf"] = KINDS["set_leaf"]
