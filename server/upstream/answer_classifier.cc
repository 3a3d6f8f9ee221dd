#include "server/upstream/answer_classifier.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "common/code_points.h"
#include "common/json_decoder.h"
#include "google/protobuf/arena.h"
#include "order1688/wire/v1/batch_create_answer.pb.h"
#include "server/upstream/cargo_matcher.h"
#include "server/upstream/order_id_evidence.h"

namespace order1688 {
namespace {

constexpr size_t kLeastRoom = 4096;  // of an outcome
constexpr size_t kLongestGatewayMessage = 256;
constexpr size_t kLongestGatewayCode = 64;

// What a code, of HTTP or of the envelope, says about the whole call.
enum class CodeMeaning { kUnknown, kRefused, kAuthentication, kThrottled };

constexpr std::array<absl::string_view, 11> kRefusals = {"400", "403", "404", "405", "406", "411",
                                                         "413", "414", "415", "422", "431"};
constexpr std::array<absl::string_view, 5> kAuthenticationPrefixes = {
    "gw.Signature", "gw.AppKey", "gw.AccessKey", "gw.APIACL", "gw.Timestamp"};

CodeMeaning MeaningOf(absl::string_view code) {
  if (code == "401") return CodeMeaning::kAuthentication;
  if (code == "429" || absl::StartsWith(code, "gw.Qos")) return CodeMeaning::kThrottled;
  for (absl::string_view prefix : kAuthenticationPrefixes) {
    if (absl::StartsWith(code, prefix)) return CodeMeaning::kAuthentication;
  }
  const bool refused = std::find(kRefusals.begin(), kRefusals.end(), code) != kRefusals.end();
  return refused ? CodeMeaning::kRefused : CodeMeaning::kUnknown;
}

// A body that begins like this is meant to be an envelope, and not a proxy's page or a word of
// plain text.
bool BeginsLikeJson(absl::string_view body) {
  absl::ConsumePrefix(&body, "\xEF\xBB\xBF");
  body = absl::StripLeadingAsciiWhitespace(body);
  return absl::StartsWith(body, "{") || absl::StartsWith(body, "[");
}

bool LooksLikeCode(absl::string_view text) {
  return !text.empty() && text.size() <= kLongestGatewayCode &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
         });
}

void FillError(absl::string_view code, absl::string_view message,
               const std::string& gateway_request_id, int http_status, v1::GatewayError* error) {
  error->set_code(std::string(FirstCodePoints(code, kLongestGatewayCode)));
  error->set_message(std::string(FirstCodePoints(message, kLongestGatewayMessage)));
  error->set_gateway_request_id(gateway_request_id);
  error->set_http_status(http_status);
}

// One answer on its way to a verdict.
class Judgement {
 public:
  Judgement(const v1::OrderBatch& batch, const HttpResult& result,
            const absl::flat_hash_set<std::string>& refusal_codes)
      : batch_(batch), result_(result), refusal_codes_(refusal_codes) {
    verdict_.outcome = OnArena<v1::Placement>::WithRoom(kLeastRoom + result.body.size() * 5 / 4);
    answer_ = google::protobuf::Arena::CreateMessage<wire::v1::BatchCreateAnswer>(
        verdict_.outcome.arena());
  }

  GatewayVerdict Judge(const JsonPlan& plan) {
    if (result_.outcome == SendOutcome::kNotSent) return NeverSent();
    if (!result_.body.empty()) Read(plan);
    AddResults();
    if (PerElement() || evidence_of_order_) {
      SettleByLines();
    } else {
      SettleByCode();
    }
    return std::move(verdict_);
  }

 private:
  GatewayVerdict NeverSent() {
    v1::Placement& outcome = *verdict_.outcome;
    outcome.set_state(v1::PLACEMENT_STATE_NOT_PLACED);
    outcome.set_evidence(v1::NOT_PLACED_EVIDENCE_NEVER_SENT);
    outcome.set_cause(result_.cause);
    return std::move(verdict_);
  }

  void Read(const JsonPlan& plan) {
    DecodeReport report = DecodeJson(plan, result_.body, answer_);
    complete_ = report.complete;
    readable_ = report.complete && answer_->has_code();
    v1::Placement& outcome = *verdict_.outcome;
    outcome.mutable_unmapped_fields()->Assign(report.unmapped.begin(), report.unmapped.end());
    outcome.mutable_unreadable_fields()->Assign(report.unreadable.begin(), report.unreadable.end());
    outcome.set_gateway_request_id(answer_->gateway_request_id());
    outcome.set_develop_id(answer_->develop_id());
    verdict_.unmapped_count = report.total_unmapped;
    verdict_.unreadable_count = report.total_unreadable;
    for (const std::string& path : report.unreadable) {
      const Unreadable unreadable = JudgeUnreadable(path);
      unreadable_id_ = unreadable_id_ || unreadable == Unreadable::kId;
      unreadable_part_ = unreadable_part_ || unreadable == Unreadable::kPart;
    }
    // Past the decoder's list of paths, an unreadable id could go unseen.
    unreadable_part_ = unreadable_part_ ||
                       report.total_unreadable > static_cast<int64_t>(report.unreadable.size());
    evidence_of_order_ = unreadable_part_;
  }

  // HTTP 200 with envelope code 200: each element speaks for its seller.
  bool PerElement() const {
    return result_.outcome == SendOutcome::kAnswered && result_.http_status == 200 && readable_ &&
           answer_->code() == "200";
  }

  // The index in a path is no sure sign of the element: null elements count in the path, not in the
  // message.
  bool IdUnreadable(const v1::Order& order) const {
    return unreadable_part_ ||
           (unreadable_id_ && (order.has_base_info() || !order.product_items().empty()));
  }

  v1::OrderOutcome OutcomeOf(const v1::Order& order, OrderIdEvidence evidence) const {
    if (evidence >= OrderIdEvidence::kInexact) return v1::ORDER_OUTCOME_PLACED;
    if (evidence == OrderIdEvidence::kHint || IdUnreadable(order))
      return v1::ORDER_OUTCOME_IN_DOUBT;
    // `success: true` beside an error is no explicit refusal.
    const bool says_refused = order.has_success()
                                  ? !order.success()
                                  : !order.error_code().empty() || !order.error_msg().empty();
    return PerElement() && says_refused ? v1::ORDER_OUTCOME_REFUSED : v1::ORDER_OUTCOME_IN_DOUBT;
  }

  void AddResults() {
    const CargoMatch match = MatchCargo(batch_, answer_->orders(), complete_);
    for (int i = 0; i < answer_->orders_size(); ++i) AddElement(i, match.lines_of_order[i]);
    AddUnanswered(match);
  }

  void AddElement(int element, const LineNumbers& lines) {
    v1::Order* order = answer_->mutable_orders(element);
    const OrderIdEvidence evidence = EvidenceOf(*order);
    v1::OrderResult* result = verdict_.outcome->add_results();
    result->set_outcome(OutcomeOf(*order, evidence));
    result->set_order_id_inexact(evidence == OrderIdEvidence::kInexact);
    result->set_seller_open_id(order->seller_open_id());
    if (result->seller_open_id().empty() && !lines.empty()) {
      result->set_seller_open_id(batch_.cargo_lines(lines.front()).seller_open_id());
    }
    result->mutable_cargo_indexes()->Assign(lines.begin(), lines.end());
    if (!order->error_code().empty() || !order->error_msg().empty() ||
        result->outcome() == v1::ORDER_OUTCOME_REFUSED) {
      FillError(order->error_code(), order->error_msg(), answer_->gateway_request_id(),
                result_.http_status, result->mutable_error());
    }
    evidence_of_order_ =
        evidence_of_order_ || evidence != OrderIdEvidence::kNone || IdUnreadable(*order);
    if (evidence == OrderIdEvidence::kInexact) {
      verdict_.alarms.push_back("order_id_inexact");
      order->mutable_base_info()->clear_order_id();
    }
    if (TwinsDiffer(*order)) verdict_.alarms.push_back("order_id_twins_differ");
    if (evidence >= OrderIdEvidence::kInexact && lines.empty())
      verdict_.alarms.push_back("unmatched_order");
    *result->mutable_order() = std::move(*order);
  }

  // Lines that no element speaks of for certain, one result per seller.
  void AddUnanswered(const CargoMatch& match) {
    std::vector<v1::OrderResult*> added;
    for (int line = 0; line < batch_.cargo_lines_size(); ++line) {
      if (match.answered[line]) continue;
      const std::string& seller = batch_.cargo_lines(line).seller_open_id();
      auto of_seller = std::find_if(added.begin(), added.end(), [&](const v1::OrderResult* r) {
        return r->seller_open_id() == seller;
      });
      if (of_seller == added.end()) {
        added.push_back(verdict_.outcome->add_results());
        added.back()->set_seller_open_id(seller);
        added.back()->set_outcome(v1::ORDER_OUTCOME_IN_DOUBT);
        of_seller = added.end() - 1;
      }
      (*of_seller)->add_cargo_indexes(line);
    }
  }

  void SettleByLines() {
    struct Line {
      bool placed = false;
      bool refused = false;
    };
    absl::InlinedVector<Line, 16> lines(batch_.cargo_lines_size());
    bool doubt = false;
    for (const v1::OrderResult& result : verdict_.outcome->results()) {
      const v1::OrderOutcome outcome = result.outcome();
      doubt =
          doubt || (outcome != v1::ORDER_OUTCOME_PLACED && outcome != v1::ORDER_OUTCOME_REFUSED);
      for (int line : result.cargo_indexes()) {
        lines[line].placed = lines[line].placed || outcome == v1::ORDER_OUTCOME_PLACED;
        lines[line].refused = lines[line].refused || outcome == v1::ORDER_OUTCOME_REFUSED;
      }
    }
    bool some_placed = false;
    bool some_refused = false;
    for (const Line& line : lines) {
      // A line that is both placed and refused could be either, and one that is neither is unknown.
      doubt = doubt || line.placed == line.refused;
      some_placed = some_placed || line.placed;
      some_refused = some_refused || line.refused;
    }
    v1::Placement& outcome = *verdict_.outcome;
    if (doubt) {
      outcome.set_state(v1::PLACEMENT_STATE_IN_DOUBT);
      outcome.set_cause(result_.outcome == SendOutcome::kAnswered ? "line_unanswered"
                                                                  : result_.cause);
      AddEnvelopeError();
      return;
    }
    outcome.set_state(!some_refused ? v1::PLACEMENT_STATE_PLACED
                      : some_placed ? v1::PLACEMENT_STATE_PARTIALLY_PLACED
                                    : v1::PLACEMENT_STATE_REJECTED);
    outcome.set_cause("answered");
  }

  // Whoever declares an envelope code a refusal does not mean the HTTP status of the same number.
  CodeMeaning MeaningOfEnvelope() const {
    return refusal_codes_.contains(answer_->code()) ? CodeMeaning::kRefused
                                                    : MeaningOf(answer_->code());
  }

  // The lost part of an envelope may name an order, and one that says 200 contradicts any other
  // HTTP status.
  bool StatusCannotSettle() const {
    return readable_ ? answer_->code() == "200" : !complete_ && BeginsLikeJson(result_.body);
  }

  void SettleByCode() {
    v1::Placement& outcome = *verdict_.outcome;
    if (result_.outcome == SendOutcome::kInDoubt) {
      outcome.set_state(v1::PLACEMENT_STATE_IN_DOUBT);
      outcome.set_cause(result_.cause);
      return;
    }
    AddEnvelopeError();
    if (StatusCannotSettle()) return SettleUnknownCode();
    // The envelope is more exact than the HTTP status.
    CodeMeaning meaning = readable_ ? MeaningOfEnvelope() : CodeMeaning::kUnknown;
    if (meaning == CodeMeaning::kUnknown) meaning = MeaningOf(std::to_string(result_.http_status));
    switch (meaning) {
      case CodeMeaning::kRefused:
        SettleRefused();
        return;
      case CodeMeaning::kAuthentication:
        SettleRefusedForNow("gateway_authentication");
        return;
      case CodeMeaning::kThrottled:
        SettleRefusedForNow("gateway_throttled");
        return;
      case CodeMeaning::kUnknown:
        SettleUnknownCode();
        return;
    }
  }

  void SettleRefused() {
    v1::Placement& outcome = *verdict_.outcome;
    outcome.set_state(v1::PLACEMENT_STATE_REJECTED);
    outcome.set_cause("gateway_refused");
    for (v1::OrderResult& result : *outcome.mutable_results())
      result.set_outcome(v1::ORDER_OUTCOME_REFUSED);
  }

  void SettleRefusedForNow(const std::string& cause) {
    v1::Placement& outcome = *verdict_.outcome;
    outcome.set_state(v1::PLACEMENT_STATE_NOT_PLACED);
    outcome.set_evidence(v1::NOT_PLACED_EVIDENCE_REFUSED_FOR_NOW);
    outcome.set_cause(cause);
    outcome.clear_results();
    verdict_.alarms.push_back(cause);
  }

  void SettleUnknownCode() {
    v1::Placement& outcome = *verdict_.outcome;
    outcome.set_state(v1::PLACEMENT_STATE_IN_DOUBT);
    if (!readable_) {
      outcome.set_cause(result_.http_status == 200 ? "unreadable_answer"
                                                   : "unexpected_http_status");
      return;
    }
    if (answer_->code() == "200") {
      outcome.set_cause("unexpected_http_status");
      return;
    }
    outcome.set_cause("unknown_code");
    verdict_.alarms.push_back("unknown_gateway_code");
    if (LooksLikeCode(answer_->code())) verdict_.unknown_code = answer_->code();
  }

  // Where the gateway answered per seller, it has no error of the whole call; where nothing came,
  // it has none at all.
  void AddEnvelopeError() {
    if (PerElement() || result_.http_status == 0) return;
    FillError(answer_->code(), answer_->msg(), answer_->gateway_request_id(), result_.http_status,
              verdict_.outcome->mutable_error());
  }

  const v1::OrderBatch& batch_;
  const HttpResult& result_;
  const absl::flat_hash_set<std::string>& refusal_codes_;
  GatewayVerdict verdict_;
  wire::v1::BatchCreateAnswer* answer_;  // on the arena of the outcome, so that parts move cheaply
  bool unreadable_id_ = false;           // something that may be an order id could not be read
  bool unreadable_part_ = false;         // or a part of the answer that may hold one
  bool complete_ = false;                // read to the end of the JSON
  bool readable_ = false;                // a whole JSON envelope with a code
  bool evidence_of_order_ = false;       // something in it belongs to an order
};

}  // namespace

absl::StatusOr<AnswerClassifier> AnswerClassifier::Create(
    absl::flat_hash_set<std::string> refusal_codes) {
  return Create(std::make_shared<const RefusalCodes>(std::move(refusal_codes)));
}

absl::StatusOr<AnswerClassifier> AnswerClassifier::Create(
    std::shared_ptr<const RefusalCodes> refusal_codes) {
  // One for all accounts: it then stays in the processor's cache from one to the next.
  static const absl::StatusOr<JsonPlan> kPlan =
      JsonPlan::Compile(wire::v1::BatchCreateAnswer::descriptor());
  if (!kPlan.ok()) return kPlan.status();
  return AnswerClassifier(&*kPlan, std::move(refusal_codes));
}

GatewayVerdict AnswerClassifier::Classify(const v1::OrderBatch& batch,
                                          const HttpResult& result) const {
  const std::shared_ptr<const RefusalCodes::Set> codes = refusal_codes_->all();
  return Judgement(batch, result, *codes).Judge(*plan_);
}

}  // namespace order1688
