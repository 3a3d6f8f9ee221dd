"""The scenario of ../scenario.md in Python: place, replay, errors, watch, list."""

import os
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from order1688 import OrderError, place_orders
from order1688.v1.money_pb2 import Money
from order1688.v1.order_batch_pb2 import Address, Cargo, OrderBatch
from order1688.v1.order_service_pb2 import (
    GetPlacementRequest,
    ListPlacementsRequest,
    PlaceOrdersRequest,
    PlaceOrdersResponse,
    ResolvePlacementRequest,
    WatchPlacementRequest,
)
from order1688.v1.order_service_pb2_grpc import OrderServiceStub
from order1688.v1.placement_pb2 import PLACEMENT_STATE_CLOSED, PlacementState

TIMEOUT = 60  # seconds


def open_channel(token: str) -> grpc.Channel:
    """TLS, and the token with every call."""
    tls = grpc.ssl_channel_credentials(Path(os.environ["ORDER1688_CA_FILE"]).read_bytes())
    caller = grpc.access_token_call_credentials(token)
    return grpc.secure_channel(
        os.environ["ORDER1688_ADDRESS"], grpc.composite_channel_credentials(tls, caller)
    )


def sample_order(request_id: str) -> PlaceOrdersRequest:
    return PlaceOrdersRequest(
        request_id=request_id,
        reference="语言测试",
        batch=OrderBatch(
            flow="general",
            address=Address(
                full_name="李小明",
                mobile="13800000001",
                province_text="浙江省",
                city_text="杭州市",
                area_text="西湖区",
                town_text="转塘街道",
                address="象山路1号 3幢-201室",
            ),
            cargo_lines=[
                Cargo(offer_map_id="offer-1", spec_id="spec-1", quantity=2, seller_open_id="seller-1"),
                Cargo(offer_map_id="offer-2", spec_id="spec-2", quantity=1.5, seller_open_id="seller-2"),
            ],
        ),
    )


def line(step: str, field: str, value: str) -> None:
    print(step, field, value, sep="\t")


def short(state: PlacementState.ValueType) -> str:
    return PlacementState.Name(state).removeprefix("PLACEMENT_STATE_")


def text(amount: Money) -> str:
    sign = "-" if amount.units < 0 or amount.nanos < 0 else ""
    return f"{sign}{abs(amount.units)}.{abs(amount.nanos):09} {amount.currency_code}"


def print_placed(step: str, response: PlaceOrdersResponse) -> None:
    line(step, "state", short(response.placement.state))
    for result in response.placement.results:
        base = result.order.base_info
        line(step, "order_id", base.order_id)
        line(step, "total", text(base.total_amount))
        line(step, "seller", base.seller_contact.company_name)
        line(step, "receiver", base.receiver_info.to_area)
        line(step, "cargo", result.order.product_items[0].name)


def failure_of(stub: OrderServiceStub, request: PlaceOrdersRequest) -> OrderError:
    try:
        place_orders(stub, request, TIMEOUT)
    except OrderError as error:
        return error
    raise AssertionError(f"{request.request_id} was placed")


def print_failure(step: str, error: OrderError) -> None:
    line(step, "code", error.code.name)
    line(step, "reason", error.reason)


def run(channel: grpc.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel).Check(
        health_pb2.HealthCheckRequest(service="order1688.v1.OrderService"), timeout=TIMEOUT
    )
    line("health", "status", health_pb2.HealthCheckResponse.ServingStatus.Name(health.status))

    stub = OrderServiceStub(channel)
    print_placed("place", place_orders(stub, sample_order("lang-place"), TIMEOUT))
    replay = place_orders(stub, sample_order("lang-place"), TIMEOUT)
    print_placed("replay", replay)
    line("replay", "replayed", str(replay.replayed).lower())

    other = sample_order("lang-place")
    other.batch.cargo_lines[0].quantity = 3
    mismatch = failure_of(stub, other)
    print_failure("mismatch", mismatch)
    assert mismatch.info is not None
    line("mismatch", "domain", mismatch.info.domain)
    for key, value in sorted(mismatch.info.metadata.items()):
        line("mismatch", f"metadata.{key}", value)

    wrong = sample_order("lang-violations")
    wrong.batch.address.full_name = ""
    wrong.batch.cargo_lines[0].quantity = 0
    wrong.batch.cargo_lines[1].seller_open_id = ""
    violations = failure_of(stub, wrong)
    print_failure("violations", violations)
    for violation in violations.violations:
        line("violations", violation.field, violation.description)

    lost = sample_order("lang-doubt")
    lost.batch.address.full_name = "王失联"
    in_doubt = failure_of(stub, lost)
    print_failure("in_doubt", in_doubt)
    assert in_doubt.info is not None
    for key in ("next", "orderMayExist"):
        line("in_doubt", f"metadata.{key}", in_doubt.info.metadata[key])

    resolved = False
    watch = stub.WatchPlacement(WatchPlacementRequest(request_id="lang-doubt"), timeout=TIMEOUT)
    for update in watch:
        line("watch", "state", short(update.placement.state))
        if not resolved:
            stub.ResolvePlacement(
                ResolvePlacementRequest(
                    request_id="lang-doubt", verdict=PLACEMENT_STATE_CLOSED, reason="scenario"
                ),
                timeout=TIMEOUT,
            )
            resolved = True

    query = ListPlacementsRequest(page_size=1)
    number = 0
    while number == 0 or query.page_token:
        number += 1
        page = stub.ListPlacements(query, timeout=TIMEOUT)
        for placement in page.placements:
            line("list", f"page{number}", f"{placement.request_id} {short(placement.state)}")
        query.page_token = page.next_page_token


def run_with_wrong_token(channel: grpc.Channel) -> None:
    try:
        OrderServiceStub(channel).GetPlacement(
            GetPlacementRequest(request_id="lang-place"), timeout=TIMEOUT
        )
    except grpc.RpcError as failure:
        print_failure("wrong_token", OrderError(failure))


with open_channel(os.environ["ORDER1688_TOKEN"]) as known:
    run(known)
with open_channel("wrong") as stranger:
    run_with_wrong_token(stranger)
