#include "tests/bench/load/numbered_request.h"

#include <fstream>
#include <set>
#include <string>

#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

namespace order1688 {
namespace {

v1::PlaceOrdersRequest Parse(const grpc::ByteBuffer& bytes) {
  grpc::Slice whole;
  EXPECT_TRUE(bytes.DumpToSingleSlice(&whole).ok());
  v1::PlaceOrdersRequest request;
  EXPECT_TRUE(request.ParseFromArray(whole.begin(), static_cast<int>(whole.size())));
  return request;
}

v1::PlaceOrdersRequest OneLine() {
  v1::PlaceOrdersRequest request;
  request.set_request_id("of the file");
  request.set_account("main");
  request.mutable_batch()->add_cargo_lines()->set_spec_id("spec");
  return request;
}

TEST(NumberedRequestTest, OnlyTheRequestIdDiffersFromTheGivenRequest) {
  NumberedRequest numbered(OneLine());
  numbered.Next();
  v1::PlaceOrdersRequest second = Parse(numbered.Next());
  EXPECT_NE(second.request_id(), "of the file");
  second.set_request_id("of the file");
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(second, OneLine()));
}

TEST(NumberedRequestTest, NoRequestIdComesTwiceInOneRunOrInTwo) {
  NumberedRequest one(OneLine());
  NumberedRequest other(OneLine());
  std::set<std::string> ids;
  for (int i = 0; i < 1001; ++i) {
    ids.insert(Parse(one.Next()).request_id());
    ids.insert(Parse(other.Next()).request_id());
  }
  EXPECT_EQ(ids.size(), 2002U);
}

TEST(NumberedRequestTest, ReadsJsonAndBinaryAlike) {
  const TempFolder folder;
  std::ofstream(folder.File("request.json"))
      << R"({"requestId":"of the file","account":"main","batch":{"cargoParamList":[{"specId":"spec"}]}})";
  std::ofstream(folder.File("request.bin")) << OneLine().SerializeAsString();
  for (const char* name : {"request.json", "request.bin"}) {
    const absl::StatusOr<v1::PlaceOrdersRequest> request = ReadRequest(folder.File(name));
    ASSERT_TRUE(request.ok()) << name;
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*request, OneLine())) << name;
  }
  EXPECT_FALSE(ReadRequest(folder.File("none.json")).ok());
}

}  // namespace
}  // namespace order1688
