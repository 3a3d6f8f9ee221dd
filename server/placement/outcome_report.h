// Tells metrics and log what became of sends.
#ifndef ORDER1688_SERVER_PLACEMENT_OUTCOME_REPORT_H_
#define ORDER1688_SERVER_PLACEMENT_OUTCOME_REPORT_H_

#include <mutex>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "common/log.h"
#include "server/ledger/ledger.h"
#include "server/ops/metrics.h"
#include "server/upstream/answer_classifier.h"
#include "server/upstream/http_transport.h"

namespace order1688 {

// Thread-safe. `metrics` and `log` must outlive it. `account` is the name of a configured one,
// `key` that of the placement.
class OutcomeReport {
 public:
  OutcomeReport(Metrics& metrics, const Log& log) : metrics_(metrics), log_(log) {}

  // A send has ended; `verdict` is what its answer means.
  void Answered(const std::string& account, const PlacementKey& key, const GatewayVerdict& verdict,
                const HttpResult& answer);

  // Something that an operator should look at.
  void Alarm(absl::string_view kind, const std::string& account, const PlacementKey& key);

 private:
  bool IsFirst(const std::string& code);

  Metrics& metrics_;
  const Log& log_;
  std::mutex mutex_;
  absl::flat_hash_set<std::string> alarmed_codes_;  // guarded by mutex_; each with its account
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_OUTCOME_REPORT_H_
