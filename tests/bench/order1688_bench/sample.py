"""The published sample: the body of an order, and what the gateway answers to it."""

import json
from pathlib import Path

VECTORS = Path(__file__).resolve().parents[2] / "vectors"


def sample_body():
    """As it is parsed."""
    return json.loads((VECTORS / "order-batch-create.request.json").read_text("utf-8"))


def sample_answer():
    """As it is sent."""
    return (VECTORS / "order-batch-create.response.json").read_text("utf-8")
