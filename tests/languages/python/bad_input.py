"""Clients that do not know the same proto as the server: an older one, and a newer one."""

import os
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FileDescriptor
from order1688 import OrderError
from order1688.v1 import order_service_pb2 as now
from order1688.v1.order_service_pb2_grpc import OrderServiceStub
from order1688.v1.placement_pb2 import PLACEMENT_STATE_CLOSED

# What the older proto lacks: fields of messages, values of enums.
NEWER = {
    "PlaceOrdersRequest": {"allow_duplicate"},
    "Placement": {"possible_duplicate_of", "candidates", "settlement"},
    "PlacementState": {"PLACEMENT_STATE_CLOSED"},
}
TIMEOUT = 60


def older_class(name: str) -> Any:
    """The class that an older proto would have given for a message of the API."""
    pool = descriptor_pool.DescriptorPool()
    add_older(pool, now.DESCRIPTOR, set())
    found = pool.FindMessageTypeByName(f"order1688.v1.{name}")
    return message_factory.MessageFactory(pool).GetPrototype(found)


def add_older(pool: descriptor_pool.DescriptorPool, file: FileDescriptor, added: set[str]) -> None:
    if file.name in added:
        return
    added.add(file.name)
    for imported in file.dependencies:
        add_older(pool, imported, added)
    older = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(older)
    del older.service[:]
    for message in older.message_type:
        keep(message.field, NEWER.get(message.name, set()))
    for enum in older.enum_type:
        keep(enum.value, NEWER.get(enum.name, set()))
    pool.Add(older)


def keep(members: Any, newer: set[str]) -> None:
    kept = [member for member in members if member.name not in newer]
    del members[:]
    members.extend(kept)


def line(step: str, field: str, value: object) -> None:
    print(step, field, value, sep="\t")


def print_failure(step: str, failure: grpc.RpcError) -> None:
    error = OrderError(failure)
    line(step, "code", error.code.name)
    line(step, "reason", error.reason)
    for violation in error.violations:
        line(step, violation.field, violation.description)


def sample_order(request_id: str, full_name: str) -> now.PlaceOrdersRequest:
    request = now.PlaceOrdersRequest(request_id=request_id)
    request.batch.flow = "general"
    address = request.batch.address
    address.full_name, address.mobile, address.address = full_name, "13800000001", "象山路1号"
    address.province_text, address.city_text, address.area_text = "浙江省", "杭州市", "西湖区"
    request.batch.cargo_lines.add(
        offer_map_id="offer-1", spec_id="spec-1", quantity=2, seller_open_id="seller-1"
    )
    return request


def call_as(channel: grpc.Channel, method: str, request: bytes, response_class: Any) -> Any:
    call = channel.unary_unary(
        f"/order1688.v1.OrderService/{method}",
        request_serializer=None,
        response_deserializer=response_class.FromString,
    )
    return call(request, timeout=TIMEOUT)


def older_client(channel: grpc.Channel, stub: OrderServiceStub) -> None:
    """It places orders, and keeps what it does not know."""
    request = older_class("PlaceOrdersRequest").FromString(sample_order("old-1", "李小明").SerializeToString())
    response = call_as(channel, "PlaceOrders", request.SerializeToString(), older_class("PlaceOrdersResponse"))
    line("older", "order_id", response.placement.results[0].order.base_info.order_id)

    try:
        stub.PlaceOrders(sample_order("old-2", "王失联"), timeout=TIMEOUT)
    except grpc.RpcError as failure:
        print_failure("older", failure)
    verdict = now.ResolvePlacementRequest(
        request_id="old-2", verdict=PLACEMENT_STATE_CLOSED, reason="nobody wants it"
    )
    stub.ResolvePlacement(verdict, timeout=TIMEOUT)
    query = now.GetPlacementRequest(request_id="old-2").SerializeToString()
    read = call_as(channel, "GetPlacement", query, older_class("GetPlacementResponse"))
    line("older", "state", read.placement.state)  # a number: the name came later
    line("older", "knows_settlement", "settlement" in read.placement.DESCRIPTOR.fields_by_name)
    passed_on = now.GetPlacementResponse.FromString(read.SerializeToString())
    line("older", "passes_on", passed_on.placement.settlement.reason)


def newer_client(channel: grpc.Channel, stub: OrderServiceStub) -> None:
    """What it asks for and the server does not know is refused: it would buy something else."""
    unknown_field = bytes([0x98, 0x06, 0x01])  # field 99, varint 1
    request = sample_order("new-1", "李小明")
    request.MergeFromString(unknown_field)
    request.batch.address.MergeFromString(unknown_field)
    request.batch.cargo_lines[0].MergeFromString(unknown_field)
    try:
        stub.PlaceOrders(request, timeout=TIMEOUT)
    except grpc.RpcError as failure:
        print_failure("unknown_fields", failure)
    verdict = now.ResolvePlacementRequest(request_id="old-1", reason="scenario")
    verdict.MergeFromString(bytes([0x18, 0x63]))  # field 3, verdict, with the number 99
    try:
        stub.ResolvePlacement(verdict, timeout=TIMEOUT)
    except grpc.RpcError as failure:
        print_failure("unknown_enum", failure)
    try:
        stub.GetPlacement(now.GetPlacementRequest(request_id="new-1"), timeout=TIMEOUT)
    except grpc.RpcError as failure:
        print_failure("nothing_stored", failure)


tls = grpc.ssl_channel_credentials(Path(os.environ["ORDER1688_CA_FILE"]).read_bytes())
caller = grpc.access_token_call_credentials(os.environ["ORDER1688_TOKEN"])
credentials = grpc.composite_channel_credentials(tls, caller)
with grpc.secure_channel(os.environ["ORDER1688_ADDRESS"], credentials) as to_server:
    older_client(to_server, OrderServiceStub(to_server))
    newer_client(to_server, OrderServiceStub(to_server))
