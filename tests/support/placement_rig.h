// An OrderPlacer with fakes around it: the test owns the time, the ledger's answers and the
// gateway's.
#ifndef ORDER1688_TESTS_SUPPORT_PLACEMENT_RIG_H_
#define ORDER1688_TESTS_SUPPORT_PLACEMENT_RIG_H_

#include <algorithm>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/log.h"
#include "gtest/gtest.h"
#include "server/ops/metrics.h"
#include "server/placement/order_placer.h"
#include "server/upstream/order_gateway.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/ostream_sink.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_timer.h"
#include "tests/support/fake_transport.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/project_paths.h"
#include "tests/support/service_call.h"

namespace order1688 {

inline std::string SampleAnswer() {
  std::ifstream file(SourceFile("tests/vectors/order-batch-create.response.json"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// A whole HTTP answer.
inline HttpResult Answered(std::string body, int http_status = 200) {
  HttpResult result;
  result.outcome = SendOutcome::kAnswered;
  result.http_status = http_status;
  result.body = std::move(body);
  return result;
}

// A refusal of the whole batch by the gateway's own code.
inline HttpResult AnsweredWithCode(const std::string& code) {
  return Answered(
      absl::StrCat(R"({"requestId":"gw-1","code":")", code, R"(","msg":"no","data":null})"));
}

// The account "main" of the tests.
inline GatewayAccount TestAccount(const std::string& name = "main") {
  GatewayAccount account;
  account.name = name;
  account.base_url = "https://gateway.example";
  account.host = "gateway.example";
  account.environment = v1::ENVIRONMENT_SANDBOX;
  account.user_id = "user-1";
  account.signing_key.access_key = "access-key-1";
  account.signing_key.access_secret = "canary-secret";
  account.timeout = absl::Seconds(30);
  return account;
}

// What one call was answered, and how often.
struct PlaceOutcome {
  std::shared_ptr<OrderPlacer::Call> call;
  mutable std::mutex mutex;
  int answers = 0;
  PlaceResult result;

  int times_answered() const {
    const std::lock_guard lock(mutex);
    return answers;
  }
  bool answered() const { return times_answered() > 0; }
  bool ok() const { return times_answered() == 1 && !result.error.has_value(); }
  // "" for OK, "PENDING" if not answered yet, else the reason on the wire.
  std::string reason() const {
    const std::lock_guard lock(mutex);
    if (answers == 0) return "PENDING";
    return result.error.has_value() ? NameOf(result.error->reason) : "";
  }
};
using PlaceOutcomePtr = std::shared_ptr<PlaceOutcome>;

// Everything, built. Single-threaded unless `Answers::kOnOwnThread`.
class PlacementRig {
 public:
  struct Options {
    int max_in_flight = 16;
    double orders_per_second = 1000;
    int max_placements_in_flight = 100;
    absl::Duration retention = absl::Hours(24 * 90);
    MemoryLedger::Answers answers = MemoryLedger::Answers::kWhenTold;
    Timer* timer = nullptr;        // instead of the fake one
    const Clock* clock = nullptr;  // instead of the fake one
  };

  explicit PlacementRig(Options options)
      : options_(options), timer(clock), ledger(clock_used(), options.answers) {
    gateway = *OrderGateway::Create(TestAccount(), transport, clock_used());
    Restart();
  }
  PlacementRig() : PlacementRig(Options{}) {}
  // What is still posted is answered "shutting_down" while the other parts live. Calls that are
  // still waiting are forgotten.
  ~PlacementRig() {
    for (const PlaceOutcomePtr& outcome : outcomes_) outcome->call = nullptr;
  }

  // A placer that knows nothing of the calls before, with the same ledger.
  void Restart() {
    Timer& used = options_.timer != nullptr ? *options_.timer : timer;
    placer = std::make_shared<OrderPlacer>(
        std::vector<PlacerAccount>{
            {gateway.get(), options_.max_in_flight, options_.orders_per_second}},
        options_.max_placements_in_flight, options_.retention, ledger, used, clock_used(), metrics,
        log);
  }

  // The sample request as a command, `timeout` before its deadline.
  PlaceCommand Command(const std::string& request_id,
                       absl::Duration timeout = absl::Seconds(60)) const {
    PlaceCommand command;
    command.request = std::make_shared<v1::PlaceOrdersRequest>(SampleRequest(request_id));
    command.request->set_reference("basket 7");
    return Finished(std::move(command), timeout);
  }

  // The same under another content.
  PlaceCommand OtherCommand(const std::string& request_id,
                            absl::Duration timeout = absl::Seconds(60)) const {
    PlaceCommand command;
    command.request = std::make_shared<v1::PlaceOrdersRequest>(SampleRequest(request_id));
    command.request->mutable_batch()->mutable_cargo_lines(0)->set_quantity(2);
    return Finished(std::move(command), timeout);
  }

  // Starts a call; the ledger has not answered it yet.
  PlaceOutcomePtr Start(PlaceCommand command) {
    auto outcome = std::make_shared<PlaceOutcome>();
    {
      const std::lock_guard lock(mutex_);
      outcomes_.push_back(outcome);
    }
    outcome->call = placer->Place(std::move(command), [outcome](PlaceResult result) {
      const std::lock_guard lock(outcome->mutex);
      ++outcome->answers;
      outcome->result = std::move(result);
    });
    return outcome;
  }

  // Starts a call, and lets the ledger answer all it has.
  PlaceOutcomePtr Place(PlaceCommand command) {
    PlaceOutcomePtr outcome = Start(std::move(command));
    ledger.RunPending();
    return outcome;
  }
  PlaceOutcomePtr Place(const std::string& request_id, absl::Duration timeout = absl::Seconds(60)) {
    return Place(Command(request_id, timeout));
  }

  // The gateway answers the oldest request; the ledger records it.
  void Deliver(HttpResult result) {
    transport.Deliver(std::move(result));
    ledger.RunPending();
  }

  // Time passes, and the ledger answers what that brings, in steps as fine as the shortest timer.
  void Pass(absl::Duration duration) {
    const absl::Duration end = clock.SinceBoot() + duration;
    while (clock.SinceBoot() < end) {
      timer.Advance(std::min(absl::Milliseconds(50), end - clock.SinceBoot()));
      ledger.RunPending();
    }
  }

  v1::Placement row(const std::string& request_id) const {
    std::optional<LedgerRow> row = ledger.row({"shop", request_id});
    return row.has_value() ? *row->placement : v1::Placement();
  }
  bool has_row(const std::string& request_id) const {
    return ledger.row({"shop", request_id}).has_value();
  }

  // The value of a metric, e.g. Metric("order1688_alarms_total{kind=\"late_answer\"}"); 0 if it was
  // never touched.
  double Metric(const std::string& series) const {
    const std::string text = "\n" + metrics.Render();
    const size_t at = text.find("\n" + series + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + series.size() + 2));
  }
  double Alarms(const std::string& kind) const {
    return Metric(absl::StrCat("order1688_alarms_total{kind=\"", kind, "\"}"));
  }
  double InFlight() const { return Metric("order1688_placements_in_flight{account=\"main\"}"); }

  FakeClock clock;

 private:
  const Options options_;
  std::mutex mutex_;
  std::vector<PlaceOutcomePtr> outcomes_;  // guarded by mutex_

  const Clock& clock_used() const { return options_.clock != nullptr ? *options_.clock : clock; }

  PlaceCommand Finished(PlaceCommand command, absl::Duration timeout) const {
    command.key = {"shop", command.request->request_id()};
    command.account = "main";
    command.wire = command.request->SerializeAsString();
    command.body = *gateway->Encode(command.request->batch().SerializeAsString());
    command.deadline =
        timeout == absl::InfiniteDuration() ? timeout : clock_used().SinceBoot() + timeout;
    return command;
  }

 public:
  std::ostringstream log_text;
  Metrics metrics;
  Log log{[this] {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text);
    sink->set_pattern("%v");
    auto logger = std::make_shared<spdlog::logger>("rig", sink);
    logger->set_level(spdlog::level::trace);
    return logger;
  }()};
  FakeTimer timer;
  std::unique_ptr<OrderGateway> gateway;
  std::shared_ptr<OrderPlacer> placer;
  // The ledger's thread ends before what the placer works with: an answer may still be on its way
  // when nothing is waited for any more.
  MemoryLedger ledger;
  FakeTransport transport;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_PLACEMENT_RIG_H_
