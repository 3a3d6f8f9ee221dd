#include "common/error.h"

#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/compiler/parser.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "order1688/wire/v1/rpc_status.pb.h"
#include "tests/support/project_paths.h"

namespace order1688 {
namespace {

using ::google::protobuf::Message;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::vector<v1::ErrorReason> AllReasons() {
  std::vector<v1::ErrorReason> reasons;
  const auto* descriptor = v1::ErrorReason_descriptor();
  for (int i = 0; i < descriptor->value_count(); ++i) {
    if (descriptor->value(i)->number() != 0)
      reasons.push_back(static_cast<v1::ErrorReason>(descriptor->value(i)->number()));
  }
  return reasons;
}

struct Row {
  v1::ErrorReason reason;
  const char* name;
  grpc::StatusCode code;
  bool order_may_exist;
  const char* next;
};

// The error table, row by row.
const Row kRows[] = {
    {v1::ERROR_REASON_INVALID_REQUEST, "INVALID_REQUEST", grpc::INVALID_ARGUMENT, false,
     "NEW_ID_AFTER_FIX"},
    {v1::ERROR_REASON_REQUEST_ID_REUSED, "REQUEST_ID_REUSED", grpc::INVALID_ARGUMENT, true,
     "NEW_ID_AFTER_FIX"},
    {v1::ERROR_REASON_UNKNOWN_CALLER, "UNKNOWN_CALLER", grpc::UNAUTHENTICATED, false,
     "ASK_OPERATOR"},
    {v1::ERROR_REASON_NOT_PERMITTED, "NOT_PERMITTED", grpc::PERMISSION_DENIED, false,
     "ASK_OPERATOR"},
    {v1::ERROR_REASON_PLACEMENT_NOT_FOUND, "PLACEMENT_NOT_FOUND", grpc::NOT_FOUND, false,
     "SAME_ID_NOW"},
    {v1::ERROR_REASON_PLACEMENT_IN_PROGRESS, "PLACEMENT_IN_PROGRESS", grpc::ABORTED, true,
     "SAME_ID_NOW"},
    {v1::ERROR_REASON_OVERLOADED, "OVERLOADED", grpc::RESOURCE_EXHAUSTED, false, "SAME_ID_LATER"},
    {v1::ERROR_REASON_RATE_LIMITED, "RATE_LIMITED", grpc::RESOURCE_EXHAUSTED, false,
     "SAME_ID_LATER"},
    {v1::ERROR_REASON_ACCOUNT_PAUSED, "ACCOUNT_PAUSED", grpc::RESOURCE_EXHAUSTED, false,
     "ASK_OPERATOR"},
    {v1::ERROR_REASON_GATEWAY_UNREACHABLE, "GATEWAY_UNREACHABLE", grpc::UNAVAILABLE, false,
     "SAME_ID_NOW"},
    {v1::ERROR_REASON_GATEWAY_REJECTED, "GATEWAY_REJECTED", grpc::FAILED_PRECONDITION, false,
     "NEW_ID_AFTER_FIX"},
    {v1::ERROR_REASON_GATEWAY_AUTHENTICATION, "GATEWAY_AUTHENTICATION", grpc::FAILED_PRECONDITION,
     false, "ASK_OPERATOR"},
    {v1::ERROR_REASON_GATEWAY_THROTTLED, "GATEWAY_THROTTLED", grpc::RESOURCE_EXHAUSTED, false,
     "SAME_ID_LATER"},
    {v1::ERROR_REASON_OUTCOME_IN_DOUBT, "OUTCOME_IN_DOUBT", grpc::UNKNOWN, true, "SAME_ID_LATER"},
    {v1::ERROR_REASON_LEDGER_UNAVAILABLE, "LEDGER_UNAVAILABLE", grpc::UNAVAILABLE, false,
     "SAME_ID_NOW"},
    {v1::ERROR_REASON_DEADLINE_TOO_SHORT, "DEADLINE_TOO_SHORT", grpc::DEADLINE_EXCEEDED, false,
     "SAME_ID_NOW"},
    {v1::ERROR_REASON_PLACEMENT_CLOSED, "PLACEMENT_CLOSED", grpc::FAILED_PRECONDITION, false,
     "NEW_ID_AFTER_FIX"},
    {v1::ERROR_REASON_NOT_OFFERED, "NOT_OFFERED", grpc::UNIMPLEMENTED, false, "ASK_OPERATOR"},
    {v1::ERROR_REASON_SHUTTING_DOWN, "SHUTTING_DOWN", grpc::UNAVAILABLE, false, "SAME_ID_NOW"},
    {v1::ERROR_REASON_POSSIBLE_DUPLICATE, "POSSIBLE_DUPLICATE", grpc::FAILED_PRECONDITION, false,
     "ASK_OPERATOR"},
    {v1::ERROR_REASON_NOT_IN_DOUBT, "NOT_IN_DOUBT", grpc::FAILED_PRECONDITION, false,
     "SAME_ID_NOW"},
    {v1::ERROR_REASON_ORDER_OWNED, "ORDER_OWNED", grpc::FAILED_PRECONDITION, true, "ASK_OPERATOR"},
    {v1::ERROR_REASON_PLACEMENT_CHANGED, "PLACEMENT_CHANGED", grpc::ABORTED, true, "SAME_ID_NOW"},
    {v1::ERROR_REASON_ACCOUNT_NOT_FOUND, "ACCOUNT_NOT_FOUND", grpc::NOT_FOUND, false,
     "ASK_OPERATOR"},
    {v1::ERROR_REASON_TOO_EARLY, "TOO_EARLY", grpc::FAILED_PRECONDITION, true, "SAME_ID_LATER"},
};

class ErrorTable : public testing::TestWithParam<Row> {};

TEST_P(ErrorTable, ReasonHasItsCodeAndAdvice) {
  const Row& row = GetParam();
  EXPECT_EQ(CodeOf(row.reason), row.code);
  EXPECT_EQ(NameOf(row.reason), row.name);
  const Error error = MakeError(row.reason, "words", "id-1");
  EXPECT_EQ(error.order_may_exist, row.order_may_exist);
  EXPECT_EQ(NameOf(error.next), row.next);
}

TEST_P(ErrorTable, ReasonSurvivesTheWire) {
  const grpc::Status status = ToGrpcStatus(MakeError(GetParam().reason, "words", "id-1"));
  EXPECT_EQ(status.error_code(), GetParam().code);
  EXPECT_EQ(status.error_message(), "words");
  const std::optional<Error> read = FromGrpcStatus(status);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->reason, GetParam().reason);
  EXPECT_EQ(read->message, "words");
  EXPECT_EQ(read->request_id, "id-1");
  EXPECT_EQ(read->order_may_exist, GetParam().order_may_exist);
  EXPECT_EQ(NameOf(read->next), GetParam().next);
  EXPECT_FALSE(read->replayed);
  EXPECT_THAT(read->metadata, IsEmpty());
  EXPECT_FALSE(read->retry_delay.has_value());
}

INSTANTIATE_TEST_SUITE_P(ErrorTest, ErrorTable, testing::ValuesIn(kRows),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(ErrorTest, EveryReasonHasARow) {
  EXPECT_EQ(AllReasons().size(), std::size(kRows));
  for (v1::ErrorReason reason : AllReasons()) {
    EXPECT_TRUE(std::any_of(std::begin(kRows), std::end(kRows), [&](const Row& row) {
      return row.reason == reason;
    })) << reason;
  }
}

TEST(ErrorTest, UnavailableIsUsedOnlyWhereNoOrderCanExist) {
  for (v1::ErrorReason reason : AllReasons()) {
    if (CodeOf(reason) != grpc::UNAVAILABLE) continue;
    EXPECT_FALSE(MakeError(reason, "", "").order_may_exist) << NameOf(reason);
  }
}

TEST(ErrorTest, UnknownReasonIsUnknownAndMayBeAnOrder) {
  for (int number : {0, 999}) {
    const auto reason = static_cast<v1::ErrorReason>(number);
    EXPECT_EQ(CodeOf(reason), grpc::UNKNOWN);
    EXPECT_TRUE(MakeError(reason, "", "").order_may_exist);
  }
}

Error FullError() {
  Error error = MakeError(v1::ERROR_REASON_INVALID_REQUEST, "2 fields are wrong", "id-1");
  error.replayed = true;
  error.metadata = {{"account", "main"}, {"gatewayMessage", "库存不足"}};
  error.violations = {{"batch.flow", "is required"},
                      {"batch.cargo_lines[0].quantity", "must be above 0"}};
  error.total_violations = 2;
  error.retry_delay = absl::Seconds(5) + absl::Nanoseconds(7);
  return error;
}

TEST(ErrorTest, EverythingSurvivesTheWire) {
  const std::optional<Error> read = FromGrpcStatus(ToGrpcStatus(FullError()));
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->replayed);
  EXPECT_THAT(read->metadata,
              UnorderedElementsAre(Pair("account", "main"), Pair("gatewayMessage", "库存不足")));
  ASSERT_THAT(read->violations, SizeIs(2));
  EXPECT_EQ(read->violations[1].field, "batch.cargo_lines[0].quantity");
  EXPECT_EQ(read->violations[1].description, "must be above 0");
  EXPECT_EQ(read->total_violations, 2);
  EXPECT_EQ(read->retry_delay, absl::Seconds(5) + absl::Nanoseconds(7));
}

TEST(ErrorTest, OwnMembersOfTheMetadataCannotBeForged) {
  Error error = MakeError(v1::ERROR_REASON_OUTCOME_IN_DOUBT, "", "id-1");
  error.metadata = {{"orderMayExist", "no"}, {"requestId", "other"}, {"next", "NEW_ID_AFTER_FIX"}};
  const std::optional<Error> read = FromGrpcStatus(ToGrpcStatus(error));
  EXPECT_TRUE(read->order_may_exist);
  EXPECT_EQ(read->request_id, "id-1");
  EXPECT_EQ(read->next, NextStep::kSameIdLater);
}

TEST(ErrorTest, AtMostTwentyViolationsAreToldAndTheirTotal) {
  Error error = MakeError(v1::ERROR_REASON_INVALID_REQUEST, "", "id-1");
  for (int i = 0; i < 25; ++i) error.violations.push_back({absl::StrCat("f", i), "is required"});
  for (int total : {25, 0}) {
    error.total_violations = total;
    const std::optional<Error> read = FromGrpcStatus(ToGrpcStatus(error));
    ASSERT_THAT(read->violations, SizeIs(20));
    EXPECT_EQ(read->violations.front().field, "f0");
    EXPECT_EQ(read->violations.back().field, "f19");
    EXPECT_EQ(read->total_violations, 25);
  }
}

TEST(ErrorTest, HugeViolationsAreDroppedFromTheEndAndDetailsStayBelow4Kb) {
  for (size_t size : {10, 300, 1000, 5000}) {
    Error error = MakeError(v1::ERROR_REASON_INVALID_REQUEST, std::string(5000, 'm'), "id-1");
    for (int i = 0; i < 30; ++i)
      error.violations.push_back({absl::StrCat("f", i), std::string(size, 'd')});
    error.total_violations = 30;
    const grpc::Status status = ToGrpcStatus(error);
    EXPECT_LE(status.error_details().size(), 4096U);
    EXPECT_LE(status.error_message().size(), 1024U);
    const std::optional<Error> read = FromGrpcStatus(status);
    EXPECT_EQ(read->total_violations, 30);
    EXPECT_EQ(read->violations.size(), size == 10     ? 20U
                                       : size == 300  ? 9U
                                       : size == 1000 ? 2U
                                                      : 0U)
        << size;
    if (!read->violations.empty()) {
      EXPECT_EQ(read->violations[0].field, "f0");
    }
  }
}

TEST(ErrorTest, HugeMetadataIsDroppedAndDetailsStayBelow4Kb) {
  Error error =
      MakeError(v1::ERROR_REASON_OUTCOME_IN_DOUBT, "an order may exist", std::string(20000, 'r'));
  error.metadata = {{"account", "main"},
                    {"gatewayRequestId", std::string(100000, 'g')},
                    {"gatewayMessage", std::string(768, 'w')}};
  const grpc::Status status = ToGrpcStatus(error);
  EXPECT_EQ(status.error_code(), grpc::UNKNOWN);
  EXPECT_LE(status.error_details().size(), 4096U);
  const std::optional<Error> read = FromGrpcStatus(status);
  EXPECT_TRUE(read->order_may_exist);
  EXPECT_EQ(read->metadata.at("account"), "main");
  EXPECT_EQ(read->metadata.at("gatewayMessage"), std::string(768, 'w'));
  EXPECT_THAT(read->metadata, Not(testing::Contains(Key("gatewayRequestId"))));
}

TEST(ErrorTest, LongMessageIsCutBetweenCharacters) {
  std::string message = "x";
  for (int i = 0; i < 1000; ++i) message += "错";
  const std::string cut =
      ToGrpcStatus(MakeError(v1::ERROR_REASON_OVERLOADED, message, "")).error_message();
  EXPECT_EQ(cut, message.substr(0, 1 + 3 * 341));
}

grpc::Status StatusWith(const wire::v1::ErrorInfo& info,
                        const std::string& type = "type.googleapis.com/google.rpc.ErrorInfo") {
  wire::v1::Status status;
  auto* any = status.add_details();
  any->set_type_url(type);
  any->set_value(info.SerializeAsString());
  return grpc::Status(grpc::UNKNOWN, "words", status.SerializeAsString());
}

wire::v1::ErrorInfo InfoOf(const std::string& reason, const std::string& domain) {
  wire::v1::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain(domain);
  return info;
}

TEST(ErrorTest, StatusWithoutOurErrorInfoIsNoErrorOfTheService) {
  EXPECT_FALSE(FromGrpcStatus(grpc::Status::OK).has_value());
  EXPECT_FALSE(
      FromGrpcStatus(grpc::Status(grpc::UNAVAILABLE, "Connection reset by peer")).has_value());
  EXPECT_FALSE(FromGrpcStatus(grpc::Status(grpc::UNKNOWN, "", "\xFF\xFF no status")).has_value());
  EXPECT_FALSE(FromGrpcStatus(StatusWith(InfoOf("OVERLOADED", "order1688"),
                                         "type.googleapis.com/google.rpc.Help"))
                   .has_value());
  EXPECT_FALSE(FromGrpcStatus(StatusWith(InfoOf("OVERLOADED", "order1688"),
                                         "example.com/google.rpc.ErrorInfo"))
                   .has_value());
}

TEST(ErrorTest, ErrorInfoOfAnotherDomainIsNoErrorOfTheService) {
  for (const char* domain : {"", "googleapis.com", "order1688.example", "ORDER1688"}) {
    EXPECT_FALSE(FromGrpcStatus(StatusWith(InfoOf("GATEWAY_REJECTED", domain))).has_value())
        << domain;
  }
}

TEST(ErrorTest, ReasonOfALaterVersionIsHarmless) {
  wire::v1::ErrorInfo info = InfoOf("BROKEN_BY_THE_MOON", "order1688");
  (*info.mutable_metadata())["next"] = "WAIT_FOR_THE_SUN";
  const std::optional<Error> read = FromGrpcStatus(StatusWith(info));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->reason, v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_TRUE(read->order_may_exist);
  EXPECT_EQ(read->next, NextStep::kSameIdNow);
}

TEST(ErrorTest, OnlyAClearNoMeansThatNoOrderExists) {
  for (const char* value : {"", "No", "false", "yes", "perhaps"}) {
    wire::v1::ErrorInfo info = InfoOf("OVERLOADED", "order1688");
    (*info.mutable_metadata())["orderMayExist"] = value;
    EXPECT_TRUE(FromGrpcStatus(StatusWith(info))->order_may_exist) << value;
  }
}

// The public definitions (googleapis, google/rpc/status.proto and error_details.proto), in a pool
// of their own: a second definition in the program's pool would abort it.
constexpr char kPublicProto[] = R"(
  syntax = "proto3";
  package google.rpc;
  import "google/protobuf/any.proto";
  import "google/protobuf/duration.proto";
  message Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message RetryInfo { google.protobuf.Duration retry_delay = 1; }
  message BadRequest {
    message FieldViolation { string field = 1; string description = 2; }
    repeated FieldViolation field_violations = 1;
  }
)";

// Decodes as any client does that has the public types and none of ours.
class PublicTypes {
 public:
  PublicTypes() {
    Add(google::protobuf::Any::descriptor()->file());
    Add(google::protobuf::Duration::descriptor()->file());
    google::protobuf::io::ArrayInputStream input(kPublicProto, sizeof(kPublicProto) - 1);
    google::protobuf::io::Tokenizer tokenizer(&input, nullptr);
    google::protobuf::FileDescriptorProto file;
    file.set_name("google/rpc/public.proto");
    EXPECT_TRUE(google::protobuf::compiler::Parser().Parse(&tokenizer, &file));
    EXPECT_NE(pool_.BuildFile(file), nullptr);
  }

  // Text format, with the details expanded by their type URLs; empty if a detail cannot be decoded.
  std::string Print(const std::string& bytes) {
    std::unique_ptr<Message> status(
        factory_.GetPrototype(pool_.FindMessageTypeByName("google.rpc.Status"))->New());
    EXPECT_TRUE(status->ParseFromString(bytes));
    EXPECT_TRUE(status->GetReflection()->GetUnknownFields(*status).empty());
    std::string text;
    google::protobuf::TextFormat::Printer printer;
    printer.SetExpandAny(true);
    printer.SetSingleLineMode(true);
    EXPECT_TRUE(printer.PrintToString(*status, &text));
    return text;
  }

 private:
  void Add(const google::protobuf::FileDescriptor* file) {
    google::protobuf::FileDescriptorProto copy;
    file->CopyTo(&copy);
    EXPECT_NE(pool_.BuildFile(copy), nullptr);
  }

  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
};

TEST(ErrorTest, DetailsDecodeWithThePublicTypes) {
  const std::string text = PublicTypes().Print(ToGrpcStatus(FullError()).error_details());
  EXPECT_THAT(text,
              AllOf(HasSubstr("code: 3 message: \"2 fields are wrong\""),
                    HasSubstr("details { [type.googleapis.com/google.rpc.ErrorInfo] { reason: "
                              "\"INVALID_REQUEST\" domain: \"order1688\" "),
                    HasSubstr("metadata { key: \"orderMayExist\" value: \"no\" }"),
                    HasSubstr("metadata { key: \"requestId\" value: \"id-1\" }"),
                    HasSubstr("metadata { key: \"next\" value: \"NEW_ID_AFTER_FIX\" }"),
                    HasSubstr("metadata { key: \"replayed\" value: \"true\" }"),
                    HasSubstr("[type.googleapis.com/google.rpc.BadRequest] { field_violations { "
                              "field: \"batch.flow\" description: \"is required\" }"),
                    HasSubstr("[type.googleapis.com/google.rpc.RetryInfo] { retry_delay { seconds: "
                              "5 nanos: 7 } }")));
}

TEST(ErrorTest, DetailsAreTheBytesOfThePublicFormat) {
  Error error = MakeError(v1::ERROR_REASON_OVERLOADED, "m", "");
  error.retry_delay = absl::Seconds(1);
  const std::string details = ToGrpcStatus(error).error_details();
  // RetryInfo{retry_delay{seconds: 1}} in Any{type_url, value} in Status.details, byte by byte.
  const std::string url = "type.googleapis.com/google.rpc.RetryInfo";
  const std::string retry = std::string("\x0A\x02\x08\x01", 4);
  const std::string any = absl::StrCat(std::string("\x0A") + static_cast<char>(url.size()), url,
                                       std::string("\x12\x04"), retry);
  EXPECT_THAT(details, testing::EndsWith(
                           absl::StrCat(std::string("\x1A") + static_cast<char>(any.size()), any)));
  EXPECT_THAT(details, testing::StartsWith(std::string("\x08\x08\x12\x01m", 5)));
}

// The README's error table is what callers program against.
TEST(ErrorTest, TheReadmesTableNamesEveryReasonBesideItsCode) {
  std::ifstream readme(SourceFile("README.md"));
  std::vector<std::string> rows;
  for (std::string line; std::getline(readme, line);) {
    if (absl::StartsWith(line, "| ")) rows.push_back(line);
  }
  for (const Row& row : kRows) {
    const std::string code = absl::StatusCodeToString(static_cast<absl::StatusCode>(row.code));
    EXPECT_THAT(rows, Contains(AllOf(ContainsRegex(absl::StrCat(" ", code, "[; ]")),
                                     ContainsRegex(absl::StrCat(" ", row.name, "[;, ]")))));
  }
}

}  // namespace
}  // namespace order1688
