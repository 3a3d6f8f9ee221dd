#include "tests/proofs/gateway_books.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace order1688 {
namespace {

std::string KeyOf(const rapidjson::Value& request) {
  rapidjson::Document body;
  body.Parse(request["body"].GetString());
  const bool named = body.IsObject() && body.HasMember("addressParam") &&
                     body["addressParam"].HasMember("fullName");
  EXPECT_TRUE(named) << "a request without a receiver";
  return named ? body["addressParam"]["fullName"].GetString() : "";
}

}  // namespace

GatewayBooks GatewayBooks::Read(SandboxProcess& sandbox) {
  GatewayBooks books;
  const rapidjson::Document report = sandbox.Report();
  if (!report.HasMember("requests")) return books;
  EXPECT_EQ(report["dropped_requests"].GetInt(), 0) << "the report does not know all requests";
  for (const auto& request : report["requests"].GetArray()) {
    if (!request["read_whole"].GetBool()) continue;
    GatewayCount& count = books.keys_[KeyOf(request)];
    ++count.posts;
    for (const auto& id : request["orders"].GetArray()) count.order_ids.insert(id.GetString());
  }
  for (const auto& plan : report["plans"].GetArray())
    books.hits_[plan["id"].GetString()] = plan["hits"].GetInt();
  return books;
}

int GatewayBooks::HitsOf(const std::string& plan_id) const {
  const auto found = hits_.find(plan_id);
  return found == hits_.end() ? 0 : found->second;
}

GatewayCount GatewayBooks::Of(const std::string& key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? GatewayCount() : found->second;
}

v1::PlaceOrdersRequest KeyedRequest(const std::string& key) {
  v1::PlaceOrdersRequest request = SampleRequest(key);
  request.mutable_batch()->mutable_address()->set_full_name(key);
  return request;
}

std::set<std::string> ShownOrderIds(const v1::Placement& placement) {
  std::set<std::string> ids;
  for (const v1::OrderResult& result : placement.results()) {
    const std::string& id = result.order().base_info().order_id();
    const bool placed = result.outcome() == v1::ORDER_OUTCOME_PLACED;
    if (placed && !id.empty()) ids.insert(id);
  }
  return ids;
}

std::string BrokenPromise(const v1::Placement& stored, const GatewayCount& got, int sellers) {
  const std::string state = v1::PlacementState_Name(stored.state());
  if (got.posts > std::max(1, stored.attempt()))
    return absl::StrCat("sent twice: ", got.posts, " requests in ", stored.attempt(), " attempts");
  if (static_cast<int>(got.order_ids.size()) > sellers)
    return absl::StrCat("ordered twice: ", got.order_ids.size(), " orders");
  const std::set<std::string> shown = ShownOrderIds(stored);
  const bool all_real =
      std::includes(got.order_ids.begin(), got.order_ids.end(), shown.begin(), shown.end());
  if (!all_real) return absl::StrCat(state, " with an order that does not exist");
  const bool placed = stored.state() == v1::PLACEMENT_STATE_PLACED;
  if (placed && shown.empty()) return "PLACED without an order id";
  if (placed && shown != got.order_ids) return "PLACED, but not with all orders that exist";
  const bool open = placed || stored.state() == v1::PLACEMENT_STATE_PARTIALLY_PLACED ||
                    stored.state() == v1::PLACEMENT_STATE_IN_DOUBT ||
                    stored.state() == v1::PLACEMENT_STATE_SENDING;
  if (!got.order_ids.empty() && !open)
    return absl::StrCat("lost: an order exists, the row says ", state);
  return "";
}

}  // namespace order1688
