#include "server/inbound/watch_placement_call.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/service_rig.h"

namespace order1688 {
namespace {

using testing::HasSubstr;

// A stream as a client reads it.
class Watch {
 public:
  Watch(ServiceRig& rig, const std::string& token, const std::string& request_id)
      : Watch(*rig.orders, token, request_id) {}
  Watch(v1::OrderService::Stub& orders, const std::string& token, const std::string& request_id) {
    Prepare(token, std::chrono::seconds(60), &context_);
    v1::WatchPlacementRequest request;
    request.set_request_id(request_id);
    reader_ = orders.WatchPlacement(&context_, request);
  }

  // Blocks until the service writes.
  void WaitForFirstBytes() { reader_->WaitForInitialMetadata(); }
  // The next placement's state; UNSPECIFIED if the stream has ended.
  v1::PlacementState Next() {
    v1::WatchPlacementResponse response;
    return reader_->Read(&response) ? response.placement().state()
                                    : v1::PLACEMENT_STATE_UNSPECIFIED;
  }
  // Reads to the end; "" for OK, "?" for an error that is none of ours, else its reason.
  std::string End() {
    v1::WatchPlacementResponse response;
    while (reader_->Read(&response)) {
    }
    const grpc::Status status = reader_->Finish();
    if (status.ok()) return "";
    const std::optional<Error> error = FromGrpcStatus(status);
    return error.has_value() ? NameOf(error->reason) : "?";
  }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchPlacementResponse>> reader_;
};

class WatchPlacementCallTest : public testing::Test {
 protected:
  void PassHalfASecond() {
    rig_.WaitForTimer();
    rig_.rig.timer.Advance(absl::Milliseconds(500));
  }
  void RecordLate(v1::PlacementState state) {
    ASSERT_TRUE(
        RecordAndWait(rig_.rig.ledger, SampleRecord(*rig_.rig.ledger.row({"shop", "a-1"}), state))
            .ok());
  }

  ServiceRig rig_;
};

TEST_F(WatchPlacementCallTest, SendsWhatIsThereAndEachChangeAndEndsWhenItIsSettled) {
  rig_.Reserve("a-1");
  Watch watch(rig_, "shop", "a-1");
  EXPECT_EQ(watch.Next(), v1::PLACEMENT_STATE_SENDING);
  PassHalfASecond();
  RecordLate(v1::PLACEMENT_STATE_IN_DOUBT);
  PassHalfASecond();
  EXPECT_EQ(watch.Next(), v1::PLACEMENT_STATE_IN_DOUBT);
  RecordLate(v1::PLACEMENT_STATE_PLACED);
  PassHalfASecond();
  EXPECT_EQ(watch.Next(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(watch.Next(), v1::PLACEMENT_STATE_UNSPECIFIED);
  EXPECT_EQ(watch.End(), "");
  EXPECT_EQ(rig_.rig.timer.pending(), 0U);
}

TEST_F(WatchPlacementCallTest, ASettledPlacementIsSentOnce) {
  rig_.Record("a-1", v1::PLACEMENT_STATE_REJECTED);
  Watch watch(rig_, "shop", "a-1");
  EXPECT_EQ(watch.Next(), v1::PLACEMENT_STATE_REJECTED);
  EXPECT_EQ(watch.End(), "");
  EXPECT_THAT(rig_.rig.log_text.str(), HasSubstr("OrderService/WatchPlacement\",\"code\":\"OK\""));
  EXPECT_EQ(
      rig_.rig.Metric("grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"WatchPlacement\","
                      "grpc_service=\"order1688.v1.OrderService\",grpc_type=\"server_stream\"}"),
      1);
}

TEST_F(WatchPlacementCallTest, OnlyTheCallersOwnPlacementIsFound) {
  rig_.Record("a-1", v1::PLACEMENT_STATE_REJECTED);
  EXPECT_EQ(Watch(rig_, "rival", "a-1").End(), "PLACEMENT_NOT_FOUND");
  EXPECT_EQ(Watch(rig_, "nobody", "a-1").End(), "UNKNOWN_CALLER");
  EXPECT_EQ(Watch(rig_, "shop", "a 1").End(), "INVALID_REQUEST");
}

TEST_F(WatchPlacementCallTest, ALedgerThatIsAwayIsTriedForTenSeconds) {
  rig_.Reserve("a-1");
  Watch watch(rig_, "shop", "a-1");
  EXPECT_EQ(watch.Next(), v1::PLACEMENT_STATE_SENDING);
  for (int i = 0; i < 19; ++i) {
    rig_.rig.ledger.FailNext(MemoryLedger::Method::kFind, MemoryLedger::Fault::kBeforeEffect);
    PassHalfASecond();
  }
  rig_.WaitForTimer();
  RecordLate(v1::PLACEMENT_STATE_IN_DOUBT);
  PassHalfASecond();
  EXPECT_EQ(watch.Next(), v1::PLACEMENT_STATE_IN_DOUBT) << "back after 10 s, and counted anew";
  for (int i = 0; i < 20; ++i) {
    rig_.rig.ledger.FailNext(MemoryLedger::Method::kFind, MemoryLedger::Fault::kBeforeEffect);
    PassHalfASecond();
  }
  EXPECT_EQ(watch.End(), "LEDGER_UNAVAILABLE");
}

TEST_F(WatchPlacementCallTest, AServerThatStopsEndsItAndTakesNoNewOne) {
  rig_.Reserve("a-1");
  Watch watch(rig_, "shop", "a-1");
  EXPECT_EQ(watch.Next(), v1::PLACEMENT_STATE_SENDING);
  rig_.WaitForTimer();
  rig_.service->StopWatches();
  EXPECT_EQ(watch.End(), "SHUTTING_DOWN");
  EXPECT_EQ(Watch(rig_, "shop", "a-1").End(), "SHUTTING_DOWN");
}

TEST_F(WatchPlacementCallTest, ASlowReaderPilesNothingUpAndHoldsNobodyElseUp) {
  PlacementRecord large = SampleRecord(rig_.Reserve("a-1"), v1::PLACEMENT_STATE_IN_DOUBT);
  large.placement->add_unreadable_fields(
      std::string(3 << 20, 'x'));  // more than a connection holds
  const LedgerRow row = RecordAndWait(rig_.rig.ledger, large)->row;
  // A connection of its own, whose window does not grow with what others read.
  grpc::ChannelArguments narrow;
  narrow.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  narrow.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  const auto orders = v1::OrderService::NewStub(
      grpc::CreateCustomChannel(rig_.address(), grpc::InsecureChannelCredentials(), narrow));
  Watch slow(*orders, "shop", "a-1");
  slow.WaitForFirstBytes();
  Watch quick(rig_, "shop", "a-1");
  EXPECT_EQ(quick.Next(), v1::PLACEMENT_STATE_IN_DOUBT);
  LookupNote note;
  note.key = {"shop", "a-1"};
  note.fence = row.fence;
  for (int changes = 0; changes < 5; ++changes) {
    note.candidates.emplace_back().set_order_id(absl::StrCat("254060832034888079", changes));
    ASSERT_TRUE(*NoteLookupAndWait(rig_.rig.ledger, note));
    PassHalfASecond();
    EXPECT_EQ(quick.Next(), v1::PLACEMENT_STATE_IN_DOUBT);
  }
  RecordLate(v1::PLACEMENT_STATE_PLACED);
  PassHalfASecond();
  EXPECT_EQ(quick.Next(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(quick.End(), "");

  EXPECT_EQ(slow.Next(), v1::PLACEMENT_STATE_IN_DOUBT);
  PassHalfASecond();
  EXPECT_EQ(slow.Next(), v1::PLACEMENT_STATE_PLACED) << "what came between is not kept for it";
  EXPECT_EQ(slow.End(), "");
}

TEST_F(WatchPlacementCallTest, AReaderThatHasGoneIsForgotten) {
  rig_.Reserve("a-1");
  {
    Watch watch(rig_, "shop", "a-1");
    EXPECT_EQ(watch.Next(), v1::PLACEMENT_STATE_SENDING);
    rig_.WaitForTimer();
    watch.Cancel();
    EXPECT_EQ(watch.End(), "?");
  }
  const std::string cancelled =
      "grpc_server_handled_total{grpc_code=\"Canceled\",grpc_method=\"WatchPlacement\","
      "grpc_service=\"order1688.v1.OrderService\",grpc_type=\"server_stream\"}";
  while (rig_.rig.Metric(cancelled) == 0) std::this_thread::yield();
  rig_.rig.timer.Advance(absl::Seconds(5));
  EXPECT_EQ(rig_.rig.timer.pending(), 0U) << "nobody is read for";
}

TEST(OpenWatchesTest, StopsEachOnceAndTakesNoMore) {
  OpenWatches watches;
  int stopped = 0;
  int first = 0;
  int second = 0;
  EXPECT_EQ(watches.Add(&first, [&] { ++stopped; }), OpenWatches::Admission::kAdmitted);
  EXPECT_EQ(watches.Add(&second, [&] { ++stopped; }), OpenWatches::Admission::kAdmitted);
  watches.Remove(&first);
  watches.Stop();
  watches.Stop();
  EXPECT_EQ(stopped, 1);
  EXPECT_EQ(watches.Add(&first, [] {}), OpenWatches::Admission::kStopping);
}

TEST(OpenWatchesTest, TakesAsManyAsThereIsRoomFor) {
  OpenWatches watches;
  std::vector<char> open(OpenWatches::kMost + 1);
  for (size_t i = 0; i < OpenWatches::kMost; ++i) {
    ASSERT_EQ(watches.Add(&open[i], [] {}), OpenWatches::Admission::kAdmitted);
  }
  EXPECT_EQ(watches.Add(&open.back(), [] {}), OpenWatches::Admission::kTooMany);
  watches.Remove(&open[0]);
  EXPECT_EQ(watches.Add(&open.back(), [] {}), OpenWatches::Admission::kAdmitted);
}

}  // namespace
}  // namespace order1688
