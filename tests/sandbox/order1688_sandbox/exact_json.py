"""JSON with exact numbers, and a writer that also writes what no parser would accept."""

import json
from decimal import Decimal


class RawToken(str):
    """Text that is written as it is, such as 1e400 or NaN."""


class Members(list):
    """The members of an object as (key, value) pairs, so that a key can stand there twice."""


def parse_exact(text):
    """Raises ValueError for text that is not JSON, repeats a key, or is too deep."""
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object_without_repeated_keys,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def write_json(value):
    """Returns the UTF-8 bytes. U+DC80..U+DCFF in a string become the single bytes 80..FF."""
    pieces = []
    _write(value, pieces.append)
    return "".join(pieces).encode("utf-8", "surrogateescape")


def _refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def _object_without_repeated_keys(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key is repeated in an object")
    return members


def _write(value, put):
    if value is None:
        put("null")
    elif value is True:
        put("true")
    elif value is False:
        put("false")
    elif isinstance(value, RawToken):
        put(str(value))
    elif isinstance(value, str):
        put(json.dumps(value, ensure_ascii=False))
    elif isinstance(value, (int, float, Decimal)):
        put(str(value))
    elif isinstance(value, (dict, Members)):
        _write_object(value.items() if isinstance(value, dict) else value, put)
    else:
        _write_array(value, put)


def _write_object(pairs, put):
    separator = "{"
    for key, member in pairs:
        put(f"{separator}{json.dumps(key, ensure_ascii=False)}:")
        _write(member, put)
        separator = ","
    put("{}" if separator == "{" else "}")


def _write_array(elements, put):
    separator = "["
    for element in elements:
        put(separator)
        _write(element, put)
        separator = ","
    put("[]" if separator == "[" else "]")
