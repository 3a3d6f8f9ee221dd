#include "tests/support/order_posting.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/request_signer.h"

namespace order1688 {

HttpRequest SignedOrder(const std::string& url, int number) {
  const std::string access_key = "58c0201dfdf148eca63cbf6bb5e7cf03";
  RequestSigner signer = *RequestSigner::Create({access_key, kSandboxSecret});
  RequestSignature signature = *signer.Sign(absl::Now(), *signer.NewNonce());
  HttpRequest request;
  request.url = url;
  request.headers = {{"Content-Type", "application/json"}, {"access-key", access_key},
                     {"timestamp", signature.timestamp},   {"nonce-str", signature.nonce},
                     {"user-id", "2100007341207"},         {"signature", signature.signature}};
  request.body = absl::StrCat(
      R"({"flow":"general","addressParam":{"fullName":"li-)", number,
      R"(","mobile":"13800000001","address":"xxxxxxx"},"cargoParamList":[{"offerMapId":"L0PTnwSnx_dWNZWCtgK7Gg",)",
      R"("specId":"e61a85a671bb3d0301d0412b51641c6b","quantity":1,"sellerOpenId":"BBBgGWh2O6JFI6v1aQuZVgRIA"}]})");
  return request;
}

std::shared_ptr<SendGate> ReadyGate(const Clock& clock) {
  absl::Duration now = clock.SinceBoot();
  return std::make_shared<SendGate>(clock,
                                    SendGateTerms{now, now + absl::Hours(1), now + absl::Hours(1)});
}

PostedOrder::PostedOrder(HttpTransport& transport, HttpRequest request,
                         std::shared_ptr<SendGate> gate) {
  transport.Post(std::move(request), std::move(gate), [state = state_](HttpResult result) {
    std::lock_guard lock(state->mutex);
    state->result = std::move(result);
    ++state->done_calls;
    state->changed.notify_all();
  });
}

HttpResult PostedOrder::Wait() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return state_->result.has_value(); });
  return *state_->result;
}

int PostedOrder::done_calls() const {
  std::lock_guard lock(state_->mutex);
  return state_->done_calls;
}

}  // namespace order1688
