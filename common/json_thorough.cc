#include "common/json_thorough.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/json_fill.h"
#include "common/json_repair.h"
#include "google/protobuf/message.h"
#include "rapidjson/reader.h"

namespace order1688 {
namespace {

using ::google::protobuf::Message;

// Numbers as text keep 23.10 and 19-digit ids exact. Iterative: the recursive parser overflows the
// stack on 200,000 '['.
constexpr unsigned kParseFlags = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                                 rapidjson::kParseNumbersAsStringsFlag;

absl::string_view Describe(rapidjson::ParseErrorCode code, bool at_end) {
  if (code == rapidjson::kParseErrorDocumentRootNotSingular) return "more text behind the document";
  if (code == rapidjson::kParseErrorDocumentEmpty) return "no text";
  return at_end ? "the text ends too early" : "syntax error";
}

std::string DescribeProblem(const JsonFill& fill, const rapidjson::ParseResult& result,
                            const RepairedJson& source) {
  const bool at_end = result.Offset() >= source.text.size();
  const absl::string_view reason = fill.StopReason();
  const std::string path = fill.Path();
  return absl::StrCat(reason.empty() ? Describe(result.Code(), at_end) : reason, " at byte ",
                      source.OriginalOffset(result.Offset()), path.empty() ? "" : " after ", path);
}

struct Attempt {
  DecodeReport report;
  bool ambiguous_backslash = false;
};

Attempt Decode(const JsonPlan& plan, absl::string_view json, BackslashAfterInvalidByte reading,
               Message* message) {
  Attempt attempt;
  RepairedJson source = RepairJson(json, reading);
  attempt.ambiguous_backslash = source.ambiguous_backslash;
  JsonFill fill(plan.root(), source, message, &attempt.report);
  rapidjson::InsituStringStream stream(source.text.data());
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kParseFlags>(stream, fill);
  attempt.report.complete = !result.IsError();
  if (result.IsError()) attempt.report.problem = DescribeProblem(fill, result, source);
  return attempt;
}

}  // namespace

DecodeReport DecodeAnyJson(const JsonPlan& plan, absl::string_view json, Message* message) {
  Attempt attempt = Decode(plan, json, BackslashAfterInvalidByte::kBeginsEscape, message);
  if (attempt.report.complete || !attempt.ambiguous_backslash) return std::move(attempt.report);
  // GBK text: a character that ends in the byte of a backslash has swallowed a closing quote.
  const std::unique_ptr<Message> second(message->New());
  Attempt gbk = Decode(plan, json, BackslashAfterInvalidByte::kBelongsToCharacter, second.get());
  if (!gbk.report.complete) return std::move(attempt.report);
  message->GetReflection()->Swap(message, second.get());
  return std::move(gbk.report);
}

}  // namespace order1688
