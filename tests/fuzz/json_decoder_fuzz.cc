// Feeds arbitrary bytes to the decoder as if they were the gateway's answer, and checks what must
// hold for any bytes; also that the quick way reads them like the thorough one. Run:
// build/fuzz/bin/json_decoder_fuzz -max_total_time=60 <folder for new inputs>
// tests/fuzz/corpus/json_decoder

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "common/json_decoder.h"
#include "common/json_encoder.h"
#include "common/json_plan.h"
#include "common/json_quick.h"
#include "common/json_thorough.h"
#include "google/protobuf/util/message_differencer.h"
#include "order1688/wire/v1/batch_create_answer.pb.h"

namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::order1688::DecodeAnyJson;
using ::order1688::DecodeCleanJson;
using ::order1688::DecodeJson;
using ::order1688::DecodeReport;
using ::order1688::EncodeJson;
using ::order1688::JsonPlan;
using ::order1688::wire::v1::BatchCreateAnswer;

void Require(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", claim);
  std::abort();
}

const JsonPlan& Plan() {
  static const JsonPlan* const plan =
      new JsonPlan(*JsonPlan::Compile(BatchCreateAnswer::descriptor()));
  return *plan;
}

void CompareTheTwoWays(absl::string_view text) {
  BatchCreateAnswer quick;
  DecodeReport report;
  if (!DecodeCleanJson(Plan(), text, &quick, &report)) return;
  BatchCreateAnswer thorough;
  const DecodeReport reference = DecodeAnyJson(Plan(), text, &thorough);
  Require(quick.SerializeAsString() == thorough.SerializeAsString(), "both ways read the same");
  Require(reference.complete && reference.total_unreadable == 0, "the quick way reads no damage");
  Require(
      report.unmapped == reference.unmapped && report.total_unmapped == reference.total_unmapped,
      "and lists the same keys");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(bytes), size);
  CompareTheTwoWays(text);
  BatchCreateAnswer answer;
  const DecodeReport report = DecodeJson(Plan(), text, &answer);
  Require(report.complete == report.problem.empty(),
          "an incomplete document has a problem, a complete one has none");
  Require(report.unmapped.size() <= 100 && report.unreadable.size() <= 100,
          "the lists are bounded");

  BatchCreateAnswer parsed;
  Require(parsed.ParseFromString(answer.SerializeAsString()), "every string is valid UTF-8");
  Require(MessageDifferencer::Equals(answer, parsed), "the message survives serialization");

  BatchCreateAnswer again;
  again.set_msg("left over");
  const DecodeReport second = DecodeJson(Plan(), text, &again);
  Require(MessageDifferencer::Equals(answer, again), "decoding twice gives the same message");
  Require(report.unreadable == second.unreadable && report.problem == second.problem,
          "and the same report");

  const absl::StatusOr<std::string> json = EncodeJson(Plan(), answer);
  Require(json.ok(), "what was decoded can be encoded");
  BatchCreateAnswer back;
  const DecodeReport clean = DecodeJson(Plan(), *json, &back);
  Require(clean.complete && clean.total_unmapped == 0 && clean.total_unreadable == 0,
          "the encoder's JSON is clean");
  Require(MessageDifferencer::Equals(answer, back), "decode(encode(m)) is m");
  return 0;
}
