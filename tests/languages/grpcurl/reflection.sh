#!/usr/bin/env bash
# What grpcurl and buf curl learn over TLS by reflection alone: every service and how to call it.

set -euo pipefail
url=https://$ORDER1688_ADDRESS
grpcurl() { command grpcurl -cacert "$ORDER1688_CA_FILE" "$@"; }
buf_curl() { buf curl --protocol grpc --cacert "$ORDER1688_CA_FILE" "$@"; }
# Go's JSON printer puts in blanks by chance.
values_of() { grep -oE "\"($1)\": *\"[^\"]*\"" | sed 's/": */": /'; }

echo "grpcurl list"
grpcurl "$ORDER1688_ADDRESS" list
for protocol in grpc-v1 grpc-v1alpha; do
  echo "buf curl by $protocol"
  buf_curl --reflect-protocol "$protocol" --list-services "$url"
done
echo "buf curl: the methods of the API"
buf_curl --list-methods "$url" | grep '^order1688'
echo "grpcurl describe"
grpcurl "$ORDER1688_ADDRESS" describe order1688.v1.GetPlacementRequest
echo "grpcurl health"
grpcurl "$ORDER1688_ADDRESS" grpc.health.v1.Health/Check | values_of status
echo "buf curl health"
buf_curl "$url/grpc.health.v1.Health/Check" | values_of status
echo "buf curl PlaceOrders"
buf_curl -H "authorization: Bearer $ORDER1688_TOKEN" -d "@$ORDER1688_SCENARIO" "$url/order1688.v1.OrderService/PlaceOrders" |
  values_of 'idOfStr|toArea'
