"""PlaceOrders with a deadline and with retries that never buy twice."""

from __future__ import annotations

import random
import time

import grpc

from order1688.errors import OrderError
from order1688.v1 import order_service_pb2, order_service_pb2_grpc

_MOST_TRIES = 5
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
# With less than this left the service refuses, so another try is only noise.
_LEAST_FOR_A_TRY = 1.0

# Answers that come out of the ledger's row: only they tell what became of an earlier try.
_FROM_THE_ROW = {
    "REQUEST_ID_REUSED", "GATEWAY_UNREACHABLE", "GATEWAY_REJECTED",
    "GATEWAY_AUTHENTICATION", "GATEWAY_THROTTLED", "PLACEMENT_CLOSED",
}  # fmt: skip


def place_orders(
    stub: order_service_pb2_grpc.OrderServiceStub,
    request: order_service_pb2.PlaceOrdersRequest,
    timeout: float = 60.0,
) -> order_service_pb2.PlaceOrdersResponse:
    """Places a batch, at most once however often it is called with the same request_id.

    Choose and keep the request_id before the first call: it is never made here, because a new id after
    a crash is a second purchase. Tries again, always under that id, when the answer holds no ErrorInfo of
    the service (outcome unknown) or says that the same id may be asked again. `timeout`, in seconds, is
    for all tries together; give at least the server's gateway timeout + 5 s. Raises OrderError.
    """
    if not request.request_id:
        raise ValueError("request_id is required: choose it and keep it before the first call")
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    unknown = False  # what became of an earlier try
    tries = 1
    while True:
        try:
            return stub.PlaceOrders(request, timeout=deadline - time.monotonic())
        except grpc.RpcError as failure:
            error = OrderError(failure)
        if error.reason in _FROM_THE_ROW:
            unknown = False
        elif error.order_may_exist:
            unknown = True
        wait = max(pause * random.uniform(0.5, 1), error.retry_delay or 0)
        too_late = deadline - time.monotonic() < wait + _LEAST_FOR_A_TRY
        if tries == _MOST_TRIES or too_late or not _may_try_again(error):
            error.order_may_exist = error.order_may_exist or unknown
            raise error
        time.sleep(wait)
        pause = min(pause * 2, _LONGEST_PAUSE)
        tries += 1


def _may_try_again(error: OrderError) -> bool:
    if error.info is None:
        return True
    if error.reason == "DEADLINE_TOO_SHORT":  # the deadline only gets shorter
        return False
    step = error.info.metadata.get("next")
    return step == "SAME_ID_NOW" or (step == "SAME_ID_LATER" and error.retry_delay is not None)
