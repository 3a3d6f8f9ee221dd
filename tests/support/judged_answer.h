// Judges answers, and shows a verdict in one line per result. For tests that link order1688_server.
#ifndef ORDER1688_TESTS_SUPPORT_JUDGED_ANSWER_H_
#define ORDER1688_TESTS_SUPPORT_JUDGED_ANSWER_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/upstream/answer_classifier.h"
#include "tests/support/gateway_answers.h"

namespace order1688 {

inline GatewayVerdict JudgeFor(const v1::OrderBatch& batch, const HttpResult& result) {
  static const AnswerClassifier& classifier =
      *new AnswerClassifier(AnswerClassifier::Create(RefusalCodes::Set()).value());
  return classifier.Classify(batch, result);
}

// For TwoSellers().
inline GatewayVerdict Judge(const HttpResult& result) { return JudgeFor(TwoSellers(), result); }

// One element, for one line of seller-a with spec a1.
inline GatewayVerdict JudgeOne(const std::string& element) {
  return JudgeFor(BatchOf({SpecLine("seller-a", "a1")}), Answered({element}));
}

// "seller-a PLACED 2540608320348880794 0,1" of each result: seller, outcome, order id, lines.
inline std::vector<std::string> ResultsOf(const GatewayVerdict& verdict) {
  std::vector<std::string> shown;
  for (const v1::OrderResult& result : verdict.outcome->results()) {
    shown.push_back(absl::StrCat(
        result.seller_open_id(), " ", v1::OrderOutcome_Name(result.outcome()).substr(14), " ",
        result.order().base_info().order_id(), " ", absl::StrJoin(result.cargo_indexes(), ",")));
  }
  return shown;
}

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_JUDGED_ANSWER_H_
