// The lookup with threads of its own: timer, ledger and transport call it at the same time.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "order1688/v1/order_service.pb.h"
#include "server/placement/placement_lookup.h"
#include "server/thread_timer.h"
#include "spdlog/sinks/null_sink.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/placement_rig.h"
#include "tests/support/sample_placement.h"

namespace order1688 {
namespace {

// Makes every wait short.
class HurriedTimer final : public Timer {
 public:
  Id RunAfter(absl::Duration delay, absl::AnyInvocable<void() &&> work) override {
    return timer_.RunAfter(std::min(delay, absl::Microseconds(100)), std::move(work));
  }
  void Cancel(Id id) override { timer_.Cancel(id); }

 private:
  ThreadTimer timer_;
};

class PlacementLookupThreadsTest : public testing::Test {
 protected:
  PlacementLookupThreadsTest() {
    OrderListTerms terms;
    terms.path = "/v2/alibaba/order/page";
    terms.body_template = R"({"p":{{page}},"a":"{{created_after}}","b":"{{created_before}}"})";
    list_ = *OrderList::Create(TestAccount(), terms, transport_, clock_);
    lookup_ = std::make_shared<PlacementLookup>(
        "main", PlacementLookup::Parts{*list_, *ledger_, *timer_, clock_, metrics_, log_});
  }

  void PutInDoubt(const std::string& request_id, const std::string& spec) {
    Reservation reservation = SampleReservation(request_id);
    reservation.placement->mutable_sign_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()));
    v1::PlaceOrdersRequest request = SampleRequest(request_id);
    request.mutable_batch()->mutable_cargo_lines(0)->set_spec_id(spec);
    reservation.request = request.SerializeAsString();
    std::promise<void> done;
    ledger_->Reserve(std::move(reservation), [&](absl::StatusOr<Reserved> reserved) {
      ledger_->Record(SampleRecord(reserved->row, v1::PLACEMENT_STATE_IN_DOUBT, "no_answer"),
                      [&](auto) { done.set_value(); });
    });
    done.get_future().wait();
  }

  FakeClock clock_;
  Metrics metrics_;
  Log log_{std::make_shared<spdlog::logger>("x", std::make_shared<spdlog::sinks::null_sink_mt>())};
  std::unique_ptr<OrderList> list_;
  // Ended by the test in the order in which the server ends them.
  std::unique_ptr<MemoryLedger> ledger_ =
      std::make_unique<MemoryLedger>(clock_, MemoryLedger::Answers::kOnOwnThread);
  std::unique_ptr<HurriedTimer> timer_ = std::make_unique<HurriedTimer>();
  FakeTransport transport_;
  std::shared_ptr<PlacementLookup> lookup_;
};

TEST_F(PlacementLookupThreadsTest, SettlesWhatItCanAndStopsInTheMiddle) {
  constexpr int kPlacements = 60;
  std::string orders;
  for (int i = 0; i < kPlacements; ++i) {
    const std::string spec = absl::StrCat("spec-", i);
    PutInDoubt(absl::StrCat("lost-", i), spec);
    absl::StrAppend(&orders, i == 0 ? "" : ",", R"({"productItems":[{"specId":")", spec,
                    R"(","quantity":1}],"baseInfo":{"idOfStr":"25406083203488)", 10000 + i,
                    R"(","createTime":"2026-01-02T03:04:05Z"},"sellerOpenId":)",
                    R"("BBBgGWh2O6JFI6v1aQuZVgRIA","nativeLogistics":{"contactPerson":"li"}})");
  }
  const std::string page = absl::StrCat(R"({"code":200,"data":{"totalRecord":)", kPlacements,
                                        R"(,"result":[)", orders, "]}}");
  lookup_->Start();
  for (size_t answered = 0; answered < kPlacements; ++answered) {
    transport_.WaitForPosts(answered + 1);
    // The last one comes while the lookup stops.
    if (answered + 1 == kPlacements) lookup_->Stop();
    transport_.Deliver(Answered(page));
  }
  timer_.reset();
  ledger_.reset();
  EXPECT_EQ(transport_.requests().size(), static_cast<size_t>(kPlacements));
  EXPECT_NE(metrics_.Render().find(absl::StrCat(
                "order1688_lookups_total{account=\"main\",result=\"placed\"} ", kPlacements - 1)),
            std::string::npos);
}

}  // namespace
}  // namespace order1688
