"""Client of the order1688 service: `order1688.v1` is the generated API, the rest is small."""

from order1688.errors import OrderError
from order1688.placing import place_orders

__all__ = ["OrderError", "place_orders"]
