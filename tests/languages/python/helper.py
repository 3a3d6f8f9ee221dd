"""The rules of place_orders, against a gRPC server in this process that fails as it is told."""

import unittest
from collections.abc import Callable
from concurrent import futures
from typing import Any
from unittest import mock

import grpc
from google.rpc import error_details_pb2, status_pb2
from order1688 import OrderError, place_orders
from order1688.v1 import order_service_pb2_grpc
from order1688.v1.order_service_pb2 import PlaceOrdersRequest, PlaceOrdersResponse

# The trailing metadata of a failed try: its code, and its details if it has any.
Failure = tuple[grpc.StatusCode, bytes | None]


def failure(
    code: grpc.StatusCode,
    reason: str,
    step: str,
    may_exist: str = "no",
    retry_seconds: int | None = None,
    domain: str = "order1688",
) -> Failure:
    info = error_details_pb2.ErrorInfo(
        reason=reason, domain=domain, metadata={"next": step, "orderMayExist": may_exist}
    )
    status = status_pb2.Status(code=code.value[0])
    status.details.add().Pack(info)
    if retry_seconds is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.seconds = retry_seconds
        status.details.add().Pack(retry)
    return code, status.SerializeToString()


BROKEN: Failure = (grpc.StatusCode.UNAVAILABLE, None)
REJECTED = failure(grpc.StatusCode.FAILED_PRECONDITION, "GATEWAY_REJECTED", "NEW_ID_AFTER_FIX")
STRANGER = failure(grpc.StatusCode.UNAUTHENTICATED, "UNKNOWN_CALLER", "ASK_OPERATOR")
IN_DOUBT = failure(grpc.StatusCode.UNKNOWN, "OUTCOME_IN_DOUBT", "SAME_ID_LATER", "yes")
IN_PROGRESS = failure(grpc.StatusCode.ABORTED, "PLACEMENT_IN_PROGRESS", "SAME_ID_NOW", "yes")
TOO_SHORT = failure(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_TOO_SHORT", "SAME_ID_NOW")


class FailingService(order_service_pb2_grpc.OrderServiceServicer):
    def __init__(self, failures: list[Failure]) -> None:
        self.failures = failures
        self.request_ids: list[str] = []

    def PlaceOrders(self, request: PlaceOrdersRequest, context: Any) -> PlaceOrdersResponse:
        self.request_ids.append(request.request_id)
        if self.failures:
            code, details = self.failures.pop(0)
            if details is not None:
                context.set_trailing_metadata((("grpc-status-details-bin", details),))
            context.abort(code, "as told")
        return PlaceOrdersResponse(replayed=True)


class PlaceOrdersTest(unittest.TestCase):
    def serve(self, *failures: Failure) -> Callable[..., PlaceOrdersResponse]:
        self.service = FailingService(list(failures))
        server = grpc.server(futures.ThreadPoolExecutor(1))
        order_service_pb2_grpc.add_OrderServiceServicer_to_server(self.service, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.addCleanup(lambda: server.stop(None).wait())
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.addCleanup(channel.close)
        stub = order_service_pb2_grpc.OrderServiceStub(channel)
        self.pauses = self.enterContext(mock.patch("order1688.placing.time.sleep"))
        return lambda timeout=60.0: place_orders(stub, PlaceOrdersRequest(request_id="p-1"), timeout)

    def error_after(self, *failures: Failure, timeout: float = 60.0) -> OrderError:
        with self.assertRaises(OrderError) as caught:
            self.serve(*failures)(timeout)
        return caught.exception

    def waited(self) -> list[float]:
        return [call.args[0] for call in self.pauses.call_args_list]

    def test_makes_no_request_id(self) -> None:
        with self.assertRaisesRegex(ValueError, "request_id is required"):
            place_orders(mock.Mock(), PlaceOrdersRequest())

    def test_asks_again_under_the_same_id_until_it_is_answered(self) -> None:
        self.assertTrue(self.serve(BROKEN, IN_PROGRESS)().replayed)
        self.assertEqual(self.service.request_ids, ["p-1"] * 3)
        self.assertTrue(0.1 <= self.waited()[0] <= 0.2 <= self.waited()[1] <= 0.4, self.waited())

    def test_ends_after_five_tries_of_unknown_outcome(self) -> None:
        error = self.error_after(*[BROKEN] * 9)
        self.assertEqual(len(self.service.request_ids), 5)
        self.assertEqual((error.code, error.reason), (grpc.StatusCode.UNAVAILABLE, ""))
        self.assertTrue(error.order_may_exist)

    def test_does_not_ask_again_what_only_time_or_people_settle(self) -> None:
        for final in (IN_DOUBT, REJECTED, STRANGER, TOO_SHORT):
            self.error_after(final)
            self.assertEqual(len(self.service.request_ids), 1, final)

    def test_waits_as_long_as_the_service_says(self) -> None:
        limited = failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED", "SAME_ID_LATER", retry_seconds=7)
        self.serve(limited)()
        self.assertEqual(self.waited(), [7])

    def test_does_not_wait_beyond_the_deadline(self) -> None:
        limited = failure(grpc.StatusCode.RESOURCE_EXHAUSTED, "RATE_LIMITED", "SAME_ID_LATER", retry_seconds=60)
        self.assertFalse(self.error_after(limited).order_may_exist)
        self.assertEqual(self.waited(), [])

    def test_after_an_unknown_outcome_only_the_ledger_says_that_there_is_no_order(self) -> None:
        self.assertTrue(self.error_after(BROKEN, STRANGER).order_may_exist)
        self.assertFalse(self.error_after(BROKEN, REJECTED).order_may_exist)
        self.assertFalse(self.error_after(STRANGER).order_may_exist)

    def test_details_of_others_or_none_at_all_mean_unknown(self) -> None:
        code = grpc.StatusCode.FAILED_PRECONDITION
        foreign = failure(code, "GATEWAY_REJECTED", "NEW_ID_AFTER_FIX", domain="proxy.example")
        broken = status_pb2.Status()
        broken.details.add(type_url="type.googleapis.com/google.rpc.ErrorInfo", value=b"\xff")
        for unknown in (foreign, (code, broken.SerializeToString()), (code, b"\xff"), (code, None)):
            error = self.error_after(*[unknown] * 5)
            self.assertIsNone(error.info)
            self.assertTrue(error.order_may_exist)


unittest.main()
