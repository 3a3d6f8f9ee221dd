// The scenario of ../scenario.md in C++: place, replay, errors, watch, list.
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_format.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "order1688/client/order_channel.h"
#include "order1688/client/order_client.h"

namespace {

namespace v1 = order1688::v1;

// For programs that have nothing better to do when a call fails than to end.
void Fail(const std::string& what, absl::string_view why) {
  std::cerr << what << ": " << why << "\n";
  std::exit(1);
}

template <typename T>
T Must(const std::string& what, absl::StatusOr<T> result) {
  if (!result.ok()) Fail(what, result.status().message());
  return *std::move(result);
}

std::string ReadFile(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::shared_ptr<grpc::Channel> OpenChannel() {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadFile(std::getenv("ORDER1688_CA_FILE"));
  return order1688::MakeOrderChannel(std::getenv("ORDER1688_ADDRESS"), grpc::SslCredentials(tls));
}

v1::PlaceOrdersRequest SampleOrder(const std::string& request_id) {
  v1::PlaceOrdersRequest request;
  request.set_request_id(request_id);
  request.set_reference("语言测试");
  v1::OrderBatch& batch = *request.mutable_batch();
  batch.set_flow("general");
  v1::Address& address = *batch.mutable_address();
  address.set_full_name("李小明");
  address.set_mobile("13800000001");
  address.set_province_text("浙江省");
  address.set_city_text("杭州市");
  address.set_area_text("西湖区");
  address.set_town_text("转塘街道");
  address.set_address("象山路1号 3幢-201室");
  auto add_line = [&batch](const char* offer, const char* spec, double quantity,
                           const char* seller) {
    v1::Cargo& line = *batch.add_cargo_lines();
    line.set_offer_map_id(offer);
    line.set_spec_id(spec);
    line.set_quantity(quantity);
    line.set_seller_open_id(seller);
  };
  add_line("offer-1", "spec-1", 2, "seller-1");
  add_line("offer-2", "spec-2", 1.5, "seller-2");
  return request;
}

void Line(const std::string& step, const std::string& field, const std::string& value) {
  std::cout << step << '\t' << field << '\t' << value << '\n';
}

std::string Short(v1::PlacementState state) {
  return v1::PlacementState_Name(state).substr(sizeof("PLACEMENT_STATE_") - 1);
}

std::string Text(const v1::Money& amount) {
  const bool negative = amount.units() < 0 || amount.nanos() < 0;
  return absl::StrFormat("%s%d.%09d %s", negative ? "-" : "", std::abs(amount.units()),
                         std::abs(amount.nanos()), amount.currency_code());
}

void PrintPlaced(const std::string& step, const v1::PlaceOrdersResponse& response) {
  Line(step, "state", Short(response.placement().state()));
  for (const v1::OrderResult& result : response.placement().results()) {
    const v1::OrderBaseInfo& base = result.order().base_info();
    Line(step, "order_id", base.order_id());
    Line(step, "total", Text(base.total_amount()));
    Line(step, "seller", base.seller_contact().company_name());
    Line(step, "receiver", base.receiver_info().to_area());
    Line(step, "cargo", result.order().product_items(0).name());
  }
}

// Prints code and reason of a call that had to fail with an error of the service.
order1688::Error PrintFailure(const std::string& step, const absl::Status& status) {
  if (status.ok()) Fail(step, "did not fail");
  const order1688::CallFailure failure = order1688::FailureOf(status);
  Line(step, "code", absl::StatusCodeToString(status.code()));
  // Without ErrorInfo the outcome is unknown: ask again with the same request_id.
  if (!failure.error.has_value()) Fail(step, failure.message);
  Line(step, "reason", order1688::NameOf(failure.error->reason));
  return *failure.error;
}

void CheckHealth(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service("order1688.v1.OrderService");
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(channel)->Check(&context, request, &response);
  if (!status.ok()) Fail("health", status.error_message());
  Line("health", "status",
       grpc::health::v1::HealthCheckResponse::ServingStatus_Name(response.status()));
}

void PlaceAndReplay(const order1688::OrderClient& client) {
  PrintPlaced("place", Must("place", client.PlaceOrders(SampleOrder("lang-place"))));
  const auto replay = Must("replay", client.PlaceOrders(SampleOrder("lang-place")));
  PrintPlaced("replay", replay);
  Line("replay", "replayed", replay.replayed() ? "true" : "false");
}

void ShowRefusals(const order1688::OrderClient& client) {
  v1::PlaceOrdersRequest other = SampleOrder("lang-place");
  other.mutable_batch()->mutable_cargo_lines(0)->set_quantity(3);
  const order1688::Error mismatch = PrintFailure("mismatch", client.PlaceOrders(other).status());
  Line("mismatch", "domain", "order1688");  // OrderClient takes an ErrorInfo of no other domain
  std::map<std::string, std::string> metadata = mismatch.metadata;
  metadata["requestId"] = mismatch.request_id;
  metadata["orderMayExist"] = mismatch.order_may_exist ? "yes" : "no";
  metadata["next"] = std::string(order1688::NameOf(mismatch.next));
  for (const auto& [key, value] : metadata) Line("mismatch", "metadata." + key, value);

  v1::PlaceOrdersRequest wrong = SampleOrder("lang-violations");
  wrong.mutable_batch()->mutable_address()->clear_full_name();
  wrong.mutable_batch()->mutable_cargo_lines(0)->set_quantity(0);
  wrong.mutable_batch()->mutable_cargo_lines(1)->clear_seller_open_id();
  const order1688::Error refused = PrintFailure("violations", client.PlaceOrders(wrong).status());
  for (const order1688::FieldViolation& violation : refused.violations)
    Line("violations", violation.field, violation.description);

  v1::PlaceOrdersRequest lost = SampleOrder("lang-doubt");
  lost.mutable_batch()->mutable_address()->set_full_name("王失联");
  const order1688::Error in_doubt = PrintFailure("in_doubt", client.PlaceOrders(lost).status());
  Line("in_doubt", "metadata.next", std::string(order1688::NameOf(in_doubt.next)));
  Line("in_doubt", "metadata.orderMayExist", in_doubt.order_may_exist ? "yes" : "no");
}

void WatchUntilResolved(const order1688::OrderClient& client) {
  bool resolved = false;
  auto on_change = [&](const v1::Placement& placement) {
    Line("watch", "state", Short(placement.state()));
    if (resolved) return;
    v1::ResolvePlacementRequest verdict;
    verdict.set_request_id("lang-doubt");
    verdict.set_verdict(v1::PLACEMENT_STATE_CLOSED);
    verdict.set_reason("scenario");
    Must("resolve", client.ResolvePlacement(verdict));
    resolved = true;
  };
  Must("watch", client.WatchPlacement("lang-doubt", on_change));
}

void ListByPages(const order1688::OrderClient& client) {
  v1::ListPlacementsRequest query;
  query.set_page_size(1);
  for (int number = 1; number == 1 || !query.page_token().empty(); ++number) {
    const auto page = Must("list", client.ListPlacements(query));
    for (const v1::Placement& placement : page.placements()) {
      Line("list", absl::StrFormat("page%d", number),
           absl::StrFormat("%s %s", placement.request_id(), Short(placement.state())));
    }
    query.set_page_token(page.next_page_token());
  }
}

}  // namespace

int main() {
  const std::shared_ptr<grpc::Channel> channel = OpenChannel();
  order1688::OrderClientOptions options;
  options.token = std::getenv("ORDER1688_TOKEN");
  const order1688::OrderClient client(channel, options);
  CheckHealth(channel);
  PlaceAndReplay(client);
  ShowRefusals(client);
  WatchUntilResolved(client);
  ListByPages(client);

  options.token = "wrong";
  const order1688::OrderClient stranger(channel, options);
  PrintFailure("wrong_token", stranger.GetPlacement("lang-place").status());
}
