#include "server/upstream/order_gateway.h"

#include <utility>

#include "common/json_encoder.h"

namespace order1688 {
namespace {

constexpr char kBatchCreatePath[] = "/v2/alibaba/order/batch/create";

}  // namespace

absl::StatusOr<std::unique_ptr<OrderGateway>> OrderGateway::Create(GatewayAccount account,
                                                                   HttpTransport& transport,
                                                                   const Clock& clock) {
  absl::StatusOr<RequestSigner> signer = RequestSigner::Create(account.signing_key);
  if (!signer.ok()) return signer.status();
  // One for all accounts.
  static const absl::StatusOr<JsonPlan> kRequestPlan =
      JsonPlan::Compile(v1::OrderBatch::descriptor());
  if (!kRequestPlan.ok()) return kRequestPlan.status();
  auto refusal_codes = std::make_shared<RefusalCodes>(account.refusal_codes);
  absl::StatusOr<AnswerClassifier> classifier =
      AnswerClassifier::Create(std::shared_ptr<const RefusalCodes>(refusal_codes));
  if (!classifier.ok()) return classifier.status();
  return std::unique_ptr<OrderGateway>(
      new OrderGateway(std::move(account), transport, clock, *std::move(signer), *kRequestPlan,
                       std::move(refusal_codes), *std::move(classifier)));
}

OrderGateway::OrderGateway(GatewayAccount account, HttpTransport& transport, const Clock& clock,
                           RequestSigner signer, const JsonPlan& request_plan,
                           std::shared_ptr<RefusalCodes> refusal_codes, AnswerClassifier classifier)
    : account_(std::move(account)),
      transport_(transport),
      clock_(clock),
      signer_(std::move(signer)),
      request_plan_(request_plan),
      refusal_codes_(std::move(refusal_codes)),
      classifier_(std::move(classifier)) {}

absl::StatusOr<std::string> OrderGateway::Encode(absl::string_view batch) const {
  return EncodeJson(request_plan_, batch);
}

absl::StatusOr<SignedRequest> OrderGateway::Sign(std::string body) const {
  return SignRequest(account_, signer_, clock_, kBatchCreatePath, std::move(body));
}

absl::StatusOr<std::string> OrderGateway::ExplainStringToSign() const {
  const absl::StatusOr<std::string> nonce = signer_.NewNonce();
  if (!nonce.ok()) return nonce.status();
  return signer_.ExplainStringToSign(clock_.Now(), *nonce);
}

void OrderGateway::Send(SignedRequest request, std::shared_ptr<SendGate> gate,
                        std::shared_ptr<const v1::OrderBatch> batch, Done done) const {
  transport_.Post(
      std::move(request.http), std::move(gate),
      [this, batch = std::move(batch), done = std::move(done)](HttpResult result) mutable {
        GatewayVerdict verdict = classifier_.Classify(*batch, result);
        std::move(done)(std::move(verdict), std::move(result));
      });
}

}  // namespace order1688
