// The mapper against protobuf's own JSON, and the compilation of its plan. Both read and write the
// same messages; a text that one of them reads otherwise is an error of the benchmark.
#include <string>

#include "benchmark/benchmark.h"
#include "common/json_decoder.h"
#include "common/json_encoder.h"
#include "common/json_plan.h"
#include "common/on_arena.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "order1688/v1/order_batch.pb.h"
#include "order1688/wire/v1/batch_create_answer.pb.h"
#include "tests/bench/micro/plain_leaves.h"
#include "tests/bench/sample_order.h"

namespace order1688 {
namespace {

using ::google::protobuf::util::JsonStringToMessage;
using ::google::protobuf::util::MessageDifferencer;
using ::google::protobuf::util::MessageToJsonString;
using ::order1688::v1::OrderBatch;
using ::order1688::wire::v1::BatchCreateAnswer;

const JsonPlan& AnswerPlan() {
  static const JsonPlan* const kPlan =
      new JsonPlan(*JsonPlan::Compile(BatchCreateAnswer::descriptor()));
  return *kPlan;
}

const JsonPlan& BatchPlan() {
  static const JsonPlan* const kPlan = new JsonPlan(*JsonPlan::Compile(OrderBatch::descriptor()));
  return *kPlan;
}

bool Decode(const std::string& text, BatchCreateAnswer* answer) {
  return DecodeJson(AnswerPlan(), text, answer).complete;
}

bool DecodeByProtobuf(const std::string& text, BatchCreateAnswer* answer) {
  return JsonStringToMessage(text, answer).ok();
}

// Into a message on an arena, as the service does it.
template <typename Decoder>
void MeasureDecoding(benchmark::State& state, Decoder decode, const std::string& text,
                     const BatchCreateAnswer& expected) {
  BatchCreateAnswer first;
  if (!decode(text, &first) || !MessageDifferencer::Equals(first, expected)) {
    state.SkipWithError("the text is not the message");
    return;
  }
  for (auto _ : state) {
    auto answer = OnArena<BatchCreateAnswer>::WithRoom(2 * text.size());
    benchmark::DoNotOptimize(decode(text, &*answer));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

// The answer as the gateway sends it. Argument: orders in it.
void DecodeAnswer(benchmark::State& state) {
  const int orders = static_cast<int>(state.range(0));
  MeasureDecoding(state, Decode, SampleAnswerText(orders), SampleAnswer(orders));
}
BENCHMARK(DecodeAnswer)->Arg(1)->Arg(100);

// The same message in the JSON that protobuf itself writes: its parser does not take the gateway's
// amounts and times, and would have to read the many nulls.
void DecodeAnswerByProtobuf(benchmark::State& state) {
  const BatchCreateAnswer answer = SampleAnswer(static_cast<int>(state.range(0)));
  std::string text;
  if (!MessageToJsonString(answer, &text).ok()) return state.SkipWithError("no text");
  MeasureDecoding(state, DecodeByProtobuf, text, answer);
}
BENCHMARK(DecodeAnswerByProtobuf)->Arg(1)->Arg(100);

// The same bytes for both: the answer without what they write differently.
void DecodeSameText(benchmark::State& state) {
  const BatchCreateAnswer answer = WithPlainLeavesOnly(SampleAnswer(1));
  MeasureDecoding(state, Decode, *EncodeJson(AnswerPlan(), answer), answer);
}
BENCHMARK(DecodeSameText);

void DecodeSameTextByProtobuf(benchmark::State& state) {
  const BatchCreateAnswer answer = WithPlainLeavesOnly(SampleAnswer(1));
  MeasureDecoding(state, DecodeByProtobuf, *EncodeJson(AnswerPlan(), answer), answer);
}
BENCHMARK(DecodeSameTextByProtobuf);

void EncodeBatch(benchmark::State& state) {
  const OrderBatch batch = SampleBatch();
  for (auto _ : state) benchmark::DoNotOptimize(EncodeJson(BatchPlan(), batch));
}
BENCHMARK(EncodeBatch);

void EncodeBatchByProtobuf(benchmark::State& state) {
  const OrderBatch batch = SampleBatch();
  for (auto _ : state) {
    std::string text;
    benchmark::DoNotOptimize(MessageToJsonString(batch, &text).ok());
  }
}
BENCHMARK(EncodeBatchByProtobuf);

void CompilePlan(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(JsonPlan::Compile(BatchCreateAnswer::descriptor()));
  }
}
BENCHMARK(CompilePlan);

}  // namespace
}  // namespace order1688
