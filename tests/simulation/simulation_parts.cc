#include "tests/simulation/simulation_parts.h"

#include "absl/strings/str_cat.h"
#include "spdlog/sinks/null_sink.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

v1::PlaceOrdersRequest RequestOf(const Purchase& purchase) {
  v1::PlaceOrdersRequest request;
  v1::OrderBatch& batch = *request.mutable_batch();
  batch.set_flow("general");
  batch.mutable_address()->set_full_name(absl::StrCat("name ", purchase.receiver));
  batch.mutable_address()->set_mobile(absl::StrCat("1380000000", purchase.receiver));
  for (int seller : {1, 2}) {
    v1::Cargo* line = batch.add_cargo_lines();
    line->set_offer_map_id("offer");
    line->set_spec_id(absl::StrCat("spec-", seller));
    line->set_quantity(purchase.quantity);
    line->set_seller_open_id(absl::StrCat("seller-", seller));
  }
  return request;
}

OrderListTerms ListTerms() {
  OrderListTerms terms;
  terms.path = "/v2/alibaba/order/page";
  terms.body_template =
      R"({"from":"{{created_after}}","to":"{{created_before}}","page":"{{page}}","size":"{{page_size}}"})";
  terms.page_size = 4;
  terms.least_interval = absl::Seconds(1);
  return terms;
}

std::shared_ptr<spdlog::logger> SilentLogger() {
  auto logger = std::make_shared<spdlog::logger>("simulation",
                                                 std::make_shared<spdlog::sinks::null_sink_mt>());
  logger->set_level(spdlog::level::off);
  return logger;
}

}  // namespace

SimulationParts::SimulationParts() : log(SilentLogger()) {
  for (int i = 0; i < kProcesses; ++i) {
    gateways[i] = *OrderGateway::Create(TestAccount(), wires[i], clock);
    lists[i] = *OrderList::Create(TestAccount(), ListTerms(), wires[i], clock);
  }
  for (int receiver = 0; receiver < Purchase::kReceivers; ++receiver) {
    for (int quantity : {1, 2}) {
      Content content;
      content.purchase = {quantity, receiver};
      content.request = RequestOf(content.purchase);
      content.body = *gateways[0]->Encode(content.request.batch().SerializeAsString());
      contents.push_back(std::move(content));
    }
  }
}

}  // namespace order1688
