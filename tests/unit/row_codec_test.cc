#include "server/ledger/row_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "server/ledger/row_transition.h"
#include "tests/support/sample_placement.h"

namespace order1688 {
namespace {

const PlacementKey kKey = {"shop", "r1"};

class RowCodecTest : public ::testing::Test {
 protected:
  RowCodecTest() {
    content_.row = RowForFirstAttempt(SampleReservation("r1"), absl::FromUnixSeconds(1767323045));
    content_.request = "the request";
    content_.raw_answer = "the answer";
    content_.progress = "the progress";
  }

  const ColumnCipher cipher_ = *ColumnCipher::Create({std::string(kEncryptionKeyBytes, 'a')});
  RowContent content_;
};

TEST_F(RowCodecTest, GivesBackWhatItSealed) {
  const StoredRow stored = *SealRow(cipher_, kKey, content_);
  EXPECT_EQ(stored.key_id, cipher_.key_id());
  EXPECT_EQ(stored.state, v1::PLACEMENT_STATE_SENDING);
  EXPECT_EQ(stored.attempt, 1);
  EXPECT_EQ(stored.fence, 1);
  const RowContent opened = *OpenRow(cipher_, kKey, stored);
  EXPECT_EQ(StableBytes(*opened.row.placement), StableBytes(*content_.row.placement));
  EXPECT_EQ(opened.row.fence, 1);
  EXPECT_EQ(opened.row.fingerprint, content_.row.fingerprint);
  EXPECT_EQ(opened.request, "the request");
  EXPECT_EQ(opened.raw_answer, "the answer");
  EXPECT_EQ(opened.progress, "the progress");
}

TEST_F(RowCodecTest, ReservedRowHasItsRequestAndNoAnswer) {
  const StoredRow stored = *SealReserved(cipher_, kKey, content_.row, content_.request);
  EXPECT_EQ(stored.key_id, cipher_.key_id());
  EXPECT_EQ(stored.fence, 1);
  const RowContent opened = *OpenRow(cipher_, kKey, stored);
  EXPECT_EQ(StableBytes(*opened.row.placement), StableBytes(*content_.row.placement));
  EXPECT_EQ(opened.request, "the request");
  EXPECT_EQ(opened.raw_answer, "");
  EXPECT_EQ(opened.progress, "");
}

TEST_F(RowCodecTest, PlacementOpensWithoutTheOtherColumns) {
  StoredRow stored = *SealRow(cipher_, kKey, content_);
  stored.request = stored.raw_answer = stored.progress = "";
  EXPECT_EQ(StableBytes(*OpenPlacement(cipher_, kKey, stored)->placement),
            StableBytes(*content_.row.placement));
}

TEST_F(RowCodecTest, ColumnThatContradictsThePlacementIsDataLoss) {
  StoredRow state = *SealRow(cipher_, kKey, content_);
  state.state = v1::PLACEMENT_STATE_NOT_PLACED;
  EXPECT_EQ(OpenPlacement(cipher_, kKey, state).status().code(), absl::StatusCode::kDataLoss);
  StoredRow attempt = *SealRow(cipher_, kKey, content_);
  attempt.attempt = 2;
  EXPECT_FALSE(OpenPlacement(cipher_, kKey, attempt).ok());
  StoredRow emptied = *SealRow(cipher_, kKey, content_);
  emptied.placement = "";
  EXPECT_FALSE(OpenPlacement(cipher_, kKey, emptied).ok());
}

TEST_F(RowCodecTest, ColumnsOfOneRowCannotBeSwapped) {
  StoredRow stored = *SealRow(cipher_, kKey, content_);
  std::swap(stored.request, stored.raw_answer);
  EXPECT_EQ(OpenRow(cipher_, kKey, stored).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(RowCodecTest, EvidenceComesBack) {
  Evidence evidence;
  evidence.placement = content_.row.placement;
  evidence.raw_answer = "late answer";
  const StoredEvidence stored = *SealEvidence(cipher_, kKey, evidence);
  Evidence opened;
  ASSERT_TRUE(OpenEvidence(cipher_, kKey, stored, &opened).ok());
  EXPECT_EQ(StableBytes(*opened.placement), StableBytes(*evidence.placement));
  EXPECT_EQ(opened.raw_answer, "late answer");
  EXPECT_FALSE(OpenEvidence(cipher_, {"shop", "r2"}, stored, &opened).ok());
}

}  // namespace
}  // namespace order1688
