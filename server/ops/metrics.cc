#include "server/ops/metrics.h"

#include <array>
#include <initializer_list>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"
#include "server/ops/metric_children.h"

namespace order1688 {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using Buckets = Histogram::BucketBoundaries;

// Seconds. An order takes up to its gateway timeout; a ledger write, one fsync.
Buckets CallBuckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120};
}

Buckets LedgerBuckets() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5};
}

// The names that dashboards for grpc_server_* expect: those of the Go library, which came first.
constexpr std::array<absl::string_view, 17> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

absl::string_view NameOf(grpc::StatusCode code) {
  auto index = static_cast<size_t>(code);
  return index < kCodeNames.size() ? kCodeNames[index] : "Unknown";
}

struct MethodLabels {
  absl::string_view type = "unknown";
  absl::string_view service = "unknown";
  absl::string_view method = "unknown";
};

// The labels of declared methods. Thread-safe.
class MethodNames {
 public:
  // Only declared methods become labels: a label is never what a peer made up.
  MethodLabels LabelsOf(absl::string_view service, absl::string_view method) {
    const std::initializer_list<absl::string_view> name = {service, method};
    {
      std::shared_lock lock(mutex_);
      if (auto known = types_.find(name); known != types_.end()) {
        return {known->second, service, method};
      }
    }
    const google::protobuf::MethodDescriptor* declared =
        google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
            absl::StrCat(service, ".", method));
    if (declared == nullptr) return {};
    const absl::string_view type = TypeOf(*declared);
    std::lock_guard lock(mutex_);
    types_.emplace(std::vector<std::string>(name.begin(), name.end()), type);
    return {type, service, method};
  }

 private:
  static absl::string_view TypeOf(const google::protobuf::MethodDescriptor& method) {
    if (method.client_streaming()) {
      return method.server_streaming() ? "bidi_stream" : "client_stream";
    }
    return method.server_streaming() ? "server_stream" : "unary";
  }

  std::shared_mutex mutex_;  // guards types_
  LabelValuesMap<absl::string_view> types_;
};

std::string NameOf(v1::PlacementState state) {
  const std::string& full = v1::PlacementState_Name(state);
  if (full.empty()) return "unknown";
  return absl::AsciiStrToLower(
      absl::StripPrefix(absl::string_view(full.data(), full.size()), "PLACEMENT_STATE_"));
}

std::string HttpClass(int http_status) {
  if (http_status < 100 || http_status > 599) return "none";
  return absl::StrCat(http_status / 100, "xx");
}

template <typename Builder>
auto& Register(prometheus::Registry& registry, Builder builder, const char* name,
               const char* help) {
  return builder.Name(name).Help(help).Register(registry);
}

}  // namespace

struct Metrics::Families {
  Families() {
    Register(registry, BuildGauge(), "order1688_build_info",
             "Always 1; its label tells the version.")
        .Add({{"version", ORDER1688_VERSION}})
        .Set(1);
  }

  prometheus::Registry registry;
  MethodNames methods;
  MetricChildren<Counter> rpcs_started{
      Register(registry, BuildCounter(), "grpc_server_started_total", "RPCs that arrived."),
      {"grpc_type", "grpc_service", "grpc_method"}};
  MetricChildren<Counter> rpcs_handled{
      Register(registry, BuildCounter(), "grpc_server_handled_total",
               "RPCs that were answered, by code."),
      {"grpc_type", "grpc_service", "grpc_method", "grpc_code"}};
  MetricChildren<Histogram> rpc_seconds{
      Register(registry, BuildHistogram(), "grpc_server_handling_seconds",
               "Time to answer an RPC."),
      {"grpc_type", "grpc_service", "grpc_method"},
      CallBuckets()};
  MetricChildren<Counter> placements{
      Register(registry, BuildCounter(), "order1688_placements_total",
               "Attempts to place that ended, by the state and its cause."),
      {"account", "state", "cause"}};
  MetricChildren<Gauge> in_flight{Register(registry, BuildGauge(), "order1688_placements_in_flight",
                                           "Placements on their way now."),
                                  {"account"}};
  MetricChildren<Histogram> gateway_seconds{
      Register(registry, BuildHistogram(), "order1688_gateway_request_seconds",
               "Time of one exchange with the gateway, by outcome and HTTP class."),
      {"account", "outcome", "http_class"},
      CallBuckets()};
  MetricChildren<Counter> sends_stopped{
      Register(registry, BuildCounter(), "order1688_second_sends_stopped_total",
               "Second sends of one placement that the send gate stopped."),
      {"account"}};
  MetricChildren<Counter> unmapped{
      Register(registry, BuildCounter(), "order1688_fields_unmapped_total",
               "Keys in answers of the gateway that this version does not know."),
      {"account"}};
  MetricChildren<Counter> unreadable{
      Register(registry, BuildCounter(), "order1688_fields_unreadable_total",
               "Leaves in answers of the gateway that could not be read."),
      {"account"}};
  MetricChildren<Counter> alarms{Register(registry, BuildCounter(), "order1688_alarms_total",
                                          "Events that a person must look at."),
                                 {"kind"}};
  MetricChildren<Gauge> paused{Register(registry, BuildGauge(), "order1688_account_paused",
                                        "1 if the account is paused: nothing is sent."),
                               {"account"}};
  MetricChildren<Counter> lookups{
      Register(registry, BuildCounter(), "order1688_lookups_total",
               "Lookups of placements in doubt that ended, by what came of them."),
      {"account", "result"}};
  MetricChildren<Histogram> ledger_seconds{
      Register(registry, BuildHistogram(), "order1688_ledger_write_seconds",
               "Time of one ledger write."),
      {"operation", "result"},
      LedgerBuckets()};
  MetricChildren<Gauge> under_older_keys{
      Register(registry, BuildGauge(), "order1688_ledger_rows_under_older_keys",
               "Rows of the ledger that are not yet encrypted with the first key."),
      {}};
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}

Metrics::~Metrics() = default;

void Metrics::RpcStarted(absl::string_view service, absl::string_view method) {
  const MethodLabels labels = families_->methods.LabelsOf(service, method);
  families_->rpcs_started.At({labels.type, labels.service, labels.method}).Increment();
}

void Metrics::RpcHandled(absl::string_view service, absl::string_view method, grpc::StatusCode code,
                         absl::Duration elapsed) {
  const MethodLabels labels = families_->methods.LabelsOf(service, method);
  families_->rpcs_handled.At({labels.type, labels.service, labels.method, NameOf(code)})
      .Increment();
  families_->rpc_seconds.At({labels.type, labels.service, labels.method})
      .Observe(absl::ToDoubleSeconds(elapsed));
}

void Metrics::PlacementEnded(absl::string_view account, v1::PlacementState state,
                             absl::string_view cause) {
  families_->placements.At({account, NameOf(state), cause}).Increment();
}

void Metrics::GatewayAnswered(absl::string_view account, absl::string_view outcome, int http_status,
                              absl::Duration latency) {
  families_->gateway_seconds.At({account, outcome, HttpClass(http_status)})
      .Observe(absl::ToDoubleSeconds(latency));
}

void Metrics::SendStopped(absl::string_view account) {
  families_->sends_stopped.At({account}).Increment();
}

void Metrics::FieldsUnmapped(absl::string_view account, int64_t n) {
  families_->unmapped.At({account}).Increment(static_cast<double>(n));
}

void Metrics::FieldsUnreadable(absl::string_view account, int64_t n) {
  families_->unreadable.At({account}).Increment(static_cast<double>(n));
}

void Metrics::Alarm(absl::string_view kind) { families_->alarms.At({kind}).Increment(); }

void Metrics::PlacementsInFlight(absl::string_view account, int delta) {
  families_->in_flight.At({account}).Increment(delta);
}

void Metrics::AccountPaused(absl::string_view account, bool paused) {
  families_->paused.At({account}).Set(paused ? 1 : 0);
}

void Metrics::LedgerWrite(absl::string_view operation, bool ok, absl::Duration elapsed) {
  families_->ledger_seconds.At({operation, ok ? "ok" : "failed"})
      .Observe(absl::ToDoubleSeconds(elapsed));
}

void Metrics::LookupEnded(absl::string_view account, absl::string_view result) {
  families_->lookups.At({account, result}).Increment();
}

void Metrics::LedgerRowsUnderOlderKeys(int rows) { families_->under_older_keys.At({}).Set(rows); }

std::string Metrics::Render() const {
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace order1688
