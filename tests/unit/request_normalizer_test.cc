#include "server/inbound/request_normalizer.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "order1688/v1/order_service.pb.h"

namespace order1688 {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(RequestNormalizerTest, EmptyOptionalTextIsClearedAtAnyDepth) {
  v1::PlaceOrdersRequest request;
  v1::OrderBatch& batch = *request.mutable_batch();
  batch.set_message("");
  batch.mutable_address()->set_town_text("");
  batch.add_cargo_lines()->set_spec_id("s1");
  batch.add_cargo_lines()->set_spec_id("");
  ClearEmptyOptionals(&request);
  EXPECT_FALSE(batch.has_message());
  EXPECT_FALSE(batch.address().has_town_text());
  EXPECT_TRUE(batch.cargo_lines(0).has_spec_id());
  EXPECT_FALSE(batch.cargo_lines(1).has_spec_id());
  EXPECT_EQ(batch.cargo_lines_size(), 2);
}

TEST(RequestNormalizerTest, EmptyAndAbsentGiveTheSameBytes) {
  v1::PlaceOrdersRequest absent;
  absent.set_request_id("id-1");
  absent.mutable_batch()->mutable_address()->set_full_name("li");
  v1::PlaceOrdersRequest empty = absent;
  empty.mutable_batch()->mutable_address()->set_mobile("");
  empty.mutable_batch()->set_staff_name("");
  EXPECT_NE(empty.SerializeAsString(), absent.SerializeAsString());
  ClearEmptyOptionals(&empty);
  ClearEmptyOptionals(&absent);
  EXPECT_EQ(empty.SerializeAsString(), absent.SerializeAsString());
}

TEST(RequestNormalizerTest, EverythingElseStays) {
  v1::PlaceOrdersRequest request;
  request.set_request_id("id-1");
  request.set_reference(" ");
  request.set_validate_only(true);
  v1::OrderBatch& batch = *request.mutable_batch();
  batch.set_flow("general");
  batch.set_platform_order(0);
  batch.mutable_address();
  batch.set_message(std::string("\0", 1));
  v1::Cargo& line = *batch.add_cargo_lines();
  line.set_offer_id(0);
  line.set_quantity(0.125);
  const v1::PlaceOrdersRequest before = request;
  ClearEmptyOptionals(&request);
  EXPECT_TRUE(MessageDifferencer::Equals(request, before));
  EXPECT_TRUE(request.batch().has_platform_order());
  EXPECT_TRUE(request.batch().cargo_lines(0).has_offer_id());
  EXPECT_TRUE(request.batch().has_address());
}

TEST(RequestNormalizerTest, UnknownFieldsSurviveSoThatTheyCanBeRefused) {
  v1::PlaceOrdersRequest request;
  v1::Address* address = request.mutable_batch()->mutable_address();
  address->GetReflection()->MutableUnknownFields(address)->AddVarint(999, 1);
  EXPECT_THAT(UnknownFieldPaths(request), ElementsAre("batch.address.999"));
  ClearEmptyOptionals(&request);
  EXPECT_THAT(UnknownFieldPaths(request), ElementsAre("batch.address.999"));
}

TEST(RequestNormalizerTest, UnknownFieldsAreSeenInEveryLine) {
  v1::PlaceOrdersRequest request;
  for (int i = 0; i < 3; ++i) request.mutable_batch()->add_cargo_lines()->set_quantity(1);
  EXPECT_THAT(UnknownFieldPaths(request), IsEmpty());
  for (int line : {0, 2}) {
    v1::Cargo* cargo = request.mutable_batch()->mutable_cargo_lines(line);
    auto* unknown = cargo->GetReflection()->MutableUnknownFields(cargo);
    unknown->AddLengthDelimited(1001, "");
    unknown->AddVarint(999, line);
    unknown->AddVarint(999, line);
  }
  EXPECT_THAT(UnknownFieldPaths(request),
              ElementsAre("batch.cargo_lines[0].999", "batch.cargo_lines[0].1001",
                          "batch.cargo_lines[2].999", "batch.cargo_lines[2].1001"));
}

TEST(RequestNormalizerTest, FieldOfALaterVersionIsSeenAfterTheWire) {
  v1::PlaceOrdersRequest request;
  request.set_request_id("id-1");
  // Field 2000, varint 7: what a newer client may send.
  ASSERT_TRUE(
      request.ParseFromString(request.SerializeAsString() + std::string("\x80\x7D\x07", 3)));
  EXPECT_THAT(UnknownFieldPaths(request), ElementsAre("2000"));
}

// What is in the normal form already is told from its bytes alone.
TEST(RequestNormalizerTest, NormalFormIsReachedWhateverIsEmptyOrUnknown) {
  v1::PlaceOrdersRequest normal;
  normal.set_request_id("id-1");
  normal.set_validate_only(true);
  v1::OrderBatch& batch = *normal.mutable_batch();
  batch.set_flow("general");
  batch.set_platform_order(0);
  batch.mutable_address()->set_full_name("li");
  for (int i = 0; i < 3; ++i) {
    v1::Cargo& line = *batch.add_cargo_lines();
    line.set_spec_id("s1");
    line.set_quantity(0.125);
    line.set_offer_id(-1);
  }
  v1::PlaceOrdersRequest request = normal;
  const NormalForm form = Normalize(&request);
  EXPECT_EQ(form.wire, normal.SerializeAsString());
  EXPECT_THAT(form.unknown_fields, IsEmpty());
  EXPECT_EQ(BatchOf(form.wire), normal.batch().SerializeAsString());

  request.mutable_batch()->mutable_cargo_lines(2)->set_container("");
  EXPECT_EQ(Normalize(&request).wire, form.wire);
  EXPECT_EQ(request.SerializeAsString(), form.wire);
  request.mutable_batch()->set_staff_name("");
  EXPECT_EQ(Normalize(&request).wire, form.wire);
  request.mutable_batch()->mutable_address()->set_phone("");
  EXPECT_EQ(Normalize(&request).wire, form.wire);

  v1::Cargo* line = request.mutable_batch()->mutable_cargo_lines(1);
  line->GetReflection()->MutableUnknownFields(line)->AddVarint(999, 1);
  EXPECT_THAT(Normalize(&request).unknown_fields, ElementsAre("batch.cargo_lines[1].999"));
}

TEST(RequestNormalizerTest, KnownNumberOfAnotherTypeIsUnknown) {
  v1::PlaceOrdersRequest request;
  // Field 4 of the line (seller_open_id) as a varint, in the only line of the batch.
  ASSERT_TRUE(request.ParseFromString(std::string("\x2A\x04\x1A\x02\x20\x07", 6)));
  EXPECT_THAT(Normalize(&request).unknown_fields, ElementsAre("batch.cargo_lines[0].4"));
}

TEST(RequestNormalizerTest, RequestWithoutBatchHasNoBytesOfIt) {
  v1::PlaceOrdersRequest request;
  request.set_request_id("id-1");
  request.set_validate_only(true);
  request.set_allow_duplicate(true);
  EXPECT_EQ(BatchOf(Normalize(&request).wire), "");
}

TEST(RequestNormalizerTest, EmptyMessageHasNoUnknownFields) {
  EXPECT_THAT(UnknownFieldPaths(v1::PlaceOrdersRequest()), IsEmpty());
}

}  // namespace
}  // namespace order1688
