// Judges what the gateway's answer means for the placement: the table "What the gateway's answer
// means" of the README.
#ifndef ORDER1688_SERVER_UPSTREAM_ANSWER_CLASSIFIER_H_
#define ORDER1688_SERVER_UPSTREAM_ANSWER_CLASSIFIER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "common/json_plan.h"
#include "common/on_arena.h"
#include "order1688/v1/order_batch.pb.h"
#include "order1688/v1/placement.pb.h"
#include "server/upstream/http_transport.h"
#include "server/upstream/refusal_codes.h"

namespace order1688 {

// What became of one attempt.
struct GatewayVerdict {
  // state, evidence, results, error, cause, gateway_request_id, develop_id, unmapped_fields and
  // unreadable_fields; nothing else is set.
  OnArena<v1::Placement> outcome;
  // What a person should look at, as machine tokens: gateway_authentication, gateway_throttled,
  // unknown_gateway_code, order_id_inexact, order_id_twins_differ, unmatched_order.
  std::vector<std::string> alarms;
  // The envelope code that alarmed as unknown; empty unless it looks like a code (so that it can be
  // logged).
  std::string unknown_code;
  int64_t unmapped_count = 0;
  int64_t unreadable_count = 0;
};

// Classifies answers. Thread-safe.
class AnswerClassifier {
 public:
  // `refusal_codes`: gateway codes that an operator declared to be clear refusals. Fails only if
  // the schema cannot be mapped.
  static absl::StatusOr<AnswerClassifier> Create(absl::flat_hash_set<std::string> refusal_codes);

  // The same with codes that may change: each answer is judged by those of its time.
  static absl::StatusOr<AnswerClassifier> Create(std::shared_ptr<const RefusalCodes> refusal_codes);

  // Judges the result of sending `batch`. Whatever the bytes are: never fails, and never says that
  // no order exists without proof.
  GatewayVerdict Classify(const v1::OrderBatch& batch, const HttpResult& result) const;

 private:
  AnswerClassifier(const JsonPlan* plan, std::shared_ptr<const RefusalCodes> refusal_codes)
      : plan_(plan), refusal_codes_(std::move(refusal_codes)) {}

  const JsonPlan* plan_;  // lives as long as the program
  std::shared_ptr<const RefusalCodes> refusal_codes_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_ANSWER_CLASSIFIER_H_
