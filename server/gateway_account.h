// From the configuration of an account to what its gateway needs.
#ifndef ORDER1688_SERVER_GATEWAY_ACCOUNT_H_
#define ORDER1688_SERVER_GATEWAY_ACCOUNT_H_

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "server/config.h"
#include "server/upstream/curl_transport.h"
#include "server/upstream/order_gateway.h"
#include "server/upstream/order_list.h"

namespace order1688 {

// The account of the configuration, ready for OrderGateway. `account` is one of `config`.
GatewayAccount MakeGatewayAccount(const Config& config, const config::v1::Account& account);

// How the account's order list is asked. `lookup` is that of the account, with its defaults.
OrderListTerms MakeOrderListTerms(const config::v1::Lookup& lookup);

// How requests of the account travel.
CurlTransportOptions MakeTransportOptions(const Config& config, const config::v1::Account& account);

// A duration of the configuration.
absl::Duration DurationOf(const google::protobuf::Duration& duration);

}  // namespace order1688

#endif  // ORDER1688_SERVER_GATEWAY_ACCOUNT_H_
