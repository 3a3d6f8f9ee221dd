"""Paths such as `data[0].baseInfo.totalAmount` into an answer."""

import re

from .exact_json import Members

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


class PathError(ValueError):
    """The path is malformed, or leads nowhere in this document."""


def parse_path(text):
    """Returns the steps: a str for a key, an int for an index."""
    steps, position = [], 0
    while position < len(text):
        step = _STEP.match(text, position)
        if not step or (position == 0 and text[0] == "."):
            raise PathError(f"path {text!r}: cannot read it from character {position + 1}")
        steps.append(step[1] if step[2] is None else int(step[2]))
        position = step.end()
    if not steps:
        raise PathError("path is empty")
    return steps


def get_leaf(document, path):
    node = document
    for step in parse_path(path):
        node = _child(node, step, path)
    return node


def set_leaf(document, path, value):
    """Sets or adds a leaf. Missing objects on the way are created; an index one past the end of an
    array appends."""
    *parents, last = parse_path(path)
    node = document
    for step in parents:
        if isinstance(node, dict) and isinstance(step, str) and node.get(step) is None:
            node[step] = {}
        node = _child(node, step, path)
    if isinstance(node, dict) and isinstance(last, str):
        node[last] = value
    elif isinstance(node, list) and isinstance(last, int) and last < len(node):
        node[last] = value
    elif isinstance(node, list) and isinstance(last, int) and last == len(node):
        node.append(value)
    else:
        raise PathError(f"path {path!r}: there is no place for {last!r}")


def remove_leaf(document, path):
    *parents, last = parse_path(path)
    node = document
    for step in parents:
        node = _child(node, step, path)
    _child(node, last, path)
    del node[last]


def duplicate_key(document, path, value):
    """Returns the document with the key of `path` standing there a second time, right after the
    first, with `value`."""
    return _with_second_key(document, parse_path(path), value, path)


def _with_second_key(node, steps, value, path):
    step, rest = steps[0], steps[1:]
    child = _child(node, step, path)
    if rest:
        node[step] = _with_second_key(child, rest, value, path)
        return node
    if not isinstance(step, str):
        raise PathError(f"path {path!r}: an index cannot be duplicated")
    pairs = Members()
    for key, member in node.items():
        pairs.append((key, member))
        if key == step:
            pairs.append((key, value))
    return pairs


def _child(node, step, path):
    if isinstance(node, dict) and isinstance(step, str) and step in node:
        return node[step]
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    raise PathError(f"path {path!r}: there is no {step!r}")
