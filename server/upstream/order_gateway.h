// The gateway of one account: message -> JSON -> sign -> POST, once -> JSON -> verdict. REST: POST
// /v2/alibaba/order/batch/create.
#ifndef ORDER1688_SERVER_UPSTREAM_ORDER_GATEWAY_H_
#define ORDER1688_SERVER_UPSTREAM_ORDER_GATEWAY_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/json_plan.h"
#include "common/request_signer.h"
#include "order1688/v1/order_batch.pb.h"
#include "order1688/v1/placement.pb.h"
#include "server/upstream/answer_classifier.h"
#include "server/upstream/http_transport.h"
#include "server/upstream/refusal_codes.h"
#include "server/upstream/send_gate.h"
#include "server/upstream/signed_request.h"

namespace order1688 {

// Talks to one account's gateway. Thread-safe.
class OrderGateway {
 public:
  // Called once, on a thread of HttpTransport's `done`; must not block.
  using Done = absl::AnyInvocable<void(GatewayVerdict, HttpResult) &&>;

  // `transport` and `clock` must outlive the gateway. FAILED_PRECONDITION if signing or mapping is
  // impossible.
  static absl::StatusOr<std::unique_ptr<OrderGateway>> Create(GatewayAccount account,
                                                              HttpTransport& transport,
                                                              const Clock& clock);

  const GatewayAccount& account() const { return account_; }

  // The refusal codes that answers are judged with; they may be changed at any time.
  RefusalCodes& refusal_codes() const { return *refusal_codes_; }

  // Judges an answer to `batch` anew, by the refusal codes of now.
  GatewayVerdict Judge(const v1::OrderBatch& batch, const HttpResult& result) const {
    return classifier_.Classify(batch, result);
  }

  // The JSON body for a serialised OrderBatch. INVALID_ARGUMENT, naming the field, if it cannot be
  // written as JSON.
  absl::StatusOr<std::string> Encode(absl::string_view batch) const;

  // Signs `body` with the present time and a fresh nonce. INTERNAL if the crypto library fails.
  absl::StatusOr<SignedRequest> Sign(std::string body) const;

  // The text that is signed, without the secret: for operators. INTERNAL as Sign.
  absl::StatusOr<std::string> ExplainStringToSign() const;

  // Sends the request through `gate`, at most once, and judges what came back. `batch` is what was
  // encoded.
  void Send(SignedRequest request, std::shared_ptr<SendGate> gate,
            std::shared_ptr<const v1::OrderBatch> batch, Done done) const;

 private:
  OrderGateway(GatewayAccount account, HttpTransport& transport, const Clock& clock,
               RequestSigner signer, const JsonPlan& request_plan,
               std::shared_ptr<RefusalCodes> refusal_codes, AnswerClassifier classifier);

  const GatewayAccount account_;
  HttpTransport& transport_;
  const Clock& clock_;
  const RequestSigner signer_;
  const JsonPlan& request_plan_;  // lives as long as the program
  const std::shared_ptr<RefusalCodes> refusal_codes_;
  const AnswerClassifier classifier_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_ORDER_GATEWAY_H_
