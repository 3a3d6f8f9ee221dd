"""What a failed call says: the service's ErrorInfo, or that the outcome is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "order1688"

_Detail = TypeVar("_Detail", bound=Message)


class OrderError(Exception):
    """A failed call. Without ErrorInfo of the service the outcome is unknown: ask again with the same
    request_id, never with a new one.

    code: the gRPC code of the last try.
    info: google.rpc.ErrorInfo (reason, domain, metadata); None if the error is not the service's own.
    violations: every wrong field of an INVALID_REQUEST.
    retry_delay: seconds to wait before asking again; None if the service names none.
    order_may_exist: False only if it is sure that no try under this request_id placed an order.
    """

    def __init__(self, failure: grpc.RpcError) -> None:
        self.code: grpc.StatusCode = failure.code()
        details = _details_of(failure)
        info = _first(details, error_details_pb2.ErrorInfo)
        retry = _first(details, error_details_pb2.RetryInfo)
        bad = _first(details, error_details_pb2.BadRequest)
        self.info = info if info and info.domain == DOMAIN else None
        self.violations: Sequence[error_details_pb2.BadRequest.FieldViolation] = (
            bad.field_violations if bad else []
        )
        self.retry_delay = retry.retry_delay.ToMicroseconds() / 1e6 if retry else None
        self.order_may_exist = self.info is None or self.info.metadata.get("orderMayExist") != "no"
        super().__init__(f"{self.code.name} {self.reason}: {failure.details()}")

    @property
    def reason(self) -> str:
        """An ErrorReason without its prefix, such as `OUTCOME_IN_DOUBT`; empty if info is None."""
        return self.info.reason if self.info else ""


def _details_of(failure: grpc.RpcError) -> Sequence[Any]:
    for key, value in failure.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            try:
                return status_pb2.Status.FromString(value).details
            except DecodeError:
                break
    return []


def _first(details: Sequence[Any], kind: type[_Detail]) -> _Detail | None:
    for packed in details:
        if packed.Is(kind.DESCRIPTOR):
            try:
                return kind.FromString(packed.value)
            except DecodeError:
                return None
    return None
