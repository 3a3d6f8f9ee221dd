#include "tests/bench/sample_order.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "common/json_decoder.h"
#include "common/json_encoder.h"
#include "common/json_plan.h"
#include "google/protobuf/util/json_util.h"

namespace order1688 {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "the sample order: %s\n", what.c_str());
  std::exit(1);
}

std::string ReadVector(const std::string& name) {
  std::ifstream file(std::string(ORDER1688_VECTORS "/") + name);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (text.empty()) Die("cannot read " + name);
  return text;
}

JsonPlan PlanOf(const google::protobuf::Descriptor* type) {
  absl::StatusOr<JsonPlan> plan = JsonPlan::Compile(type);
  if (!plan.ok()) Die(std::string(plan.status().message()));
  return *std::move(plan);
}

}  // namespace

v1::OrderBatch SampleBatch() {
  v1::OrderBatch batch;
  const auto status = google::protobuf::util::JsonStringToMessage(
      ReadVector("order-batch-create.request.json"), &batch);
  if (!status.ok()) Die(status.ToString());
  return batch;
}

std::string SampleBody() {
  const absl::StatusOr<std::string> body =
      EncodeJson(PlanOf(v1::OrderBatch::descriptor()), SampleBatch());
  if (!body.ok()) Die(std::string(body.status().message()));
  return *body;
}

std::string SampleAnswerText(int orders) {
  const std::string text = ReadVector("order-batch-create.response.json");
  const size_t open = text.find('[', text.find("\"data\""));
  const size_t close = text.rfind(']');
  if (open == std::string::npos || close == std::string::npos) Die("the answer has no data");
  const std::string order = text.substr(open + 1, close - open - 1);
  std::string answer = text.substr(0, open + 1) + order;
  for (int i = 1; i < orders; ++i) answer += "," + order;
  return answer + text.substr(close);
}

wire::v1::BatchCreateAnswer SampleAnswer(int orders) {
  wire::v1::BatchCreateAnswer answer;
  const DecodeReport report = DecodeJson(PlanOf(wire::v1::BatchCreateAnswer::descriptor()),
                                         SampleAnswerText(orders), &answer);
  if (!report.complete) Die(report.problem);
  return answer;
}

v1::PlaceOrdersResponse SampleResponse() {
  const wire::v1::BatchCreateAnswer answer = SampleAnswer(1);
  v1::PlaceOrdersResponse response;
  v1::Placement& placement = *response.mutable_placement();
  placement.set_request_id("6f8d2c1e-0b7a-4d53-9c1f-2a4e8b6d7f90");
  placement.set_caller("bench");
  placement.set_account("main");
  placement.set_gateway_host("127.0.0.1");
  placement.set_environment(v1::ENVIRONMENT_SANDBOX);
  placement.set_state(v1::PLACEMENT_STATE_PLACED);
  placement.set_attempt(1);
  placement.set_cause("answered");
  placement.set_gateway_request_id(answer.gateway_request_id());
  placement.set_develop_id(answer.develop_id());
  placement.mutable_create_time()->set_seconds(1767323045);
  placement.mutable_update_time()->set_seconds(1767323045);
  placement.mutable_sign_time()->set_seconds(1767323045);
  for (const v1::Order& order : answer.orders()) {
    v1::OrderResult& result = *placement.add_results();
    result.set_seller_open_id(order.seller_open_id());
    result.add_cargo_indexes(0);
    result.set_outcome(v1::ORDER_OUTCOME_PLACED);
    *result.mutable_order() = order;
  }
  return response;
}

}  // namespace order1688
