// A resolver that does not answer. This program has a getaddrinfo of its own, which libcurl calls
// in place of the system's.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "absl/strings/string_view.h"
#include "server/upstream/curl_transport.h"
#include "tests/support/order_posting.h"
#include "tests/support/sandbox_process.h"

namespace order1688 {
namespace {

constexpr char kSlowHost[] = "slow.example";
constexpr char kUnknownHost[] = "unknown.example";

// Holds every lookup of kSlowHost until Release. Never destroyed: libcurl's threads may outlive the
// test.
class SlowResolver {
 public:
  static SlowResolver& Get() {
    static auto* resolver = new SlowResolver;
    return *resolver;
  }

  void Hold() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return released_; });
    --waiting_;
    changed_.notify_all();
  }

  void WaitForLookup() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }

  bool IsHolding() {
    std::lock_guard lock(mutex_);
    return waiting_ > 0;
  }

  // Lets all lookups go and waits until they are gone.
  void Release() {
    std::unique_lock lock(mutex_);
    released_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return waiting_ == 0; });
    released_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool released_ = false;
};

}  // namespace
}  // namespace order1688

extern "C" int getaddrinfo(const char* __name, const char* __service, const addrinfo* __req,
                           addrinfo** __pai) {
  absl::string_view host = __name == nullptr ? "" : __name;
  if (host == order1688::kSlowHost) {
    order1688::SlowResolver::Get().Hold();
    return EAI_FAIL;
  }
  if (host == order1688::kUnknownHost) return EAI_NONAME;
  using Resolve = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto kNext = reinterpret_cast<Resolve>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return kNext(__name, __service, __req, __pai);
}

namespace order1688 {
namespace {

class CurlTransportDnsTest : public testing::Test {
 protected:
  ~CurlTransportDnsTest() override { SlowResolver::Get().Release(); }

  static std::string UrlOf(const std::string& host) {
    return "https://" + host + "/v2/alibaba/order/batch/create";
  }

  SystemClock clock_;
};

TEST_F(CurlTransportDnsTest, UnknownHostIsNotSent) {
  CurlTransport transport({}, clock_, nullptr);
  HttpResult result =
      PostedOrder(transport, SignedOrder(UrlOf(kUnknownHost), 1), ReadyGate(clock_)).Wait();
  EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
  EXPECT_EQ(result.cause, "dns_failed");
}

TEST_F(CurlTransportDnsTest, ResolverThatNeverAnswersIsBoundedByTheConnectTimeout) {
  CurlTransportOptions options;
  options.connect_timeout = absl::Milliseconds(200);
  CurlTransport transport(options, clock_, nullptr);
  HttpResult result =
      PostedOrder(transport, SignedOrder(UrlOf(kSlowHost), 1), ReadyGate(clock_)).Wait();
  EXPECT_TRUE(SlowResolver::Get().IsHolding()) << "the result came although the lookup goes on";
  EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
  EXPECT_EQ(result.cause, "dns_failed");
}

TEST_F(CurlTransportDnsTest, ResolverThatNeverAnswersHoldsUpNoOtherOrder) {
  SandboxProcess sandbox;
  CurlTransport transport({}, clock_, nullptr);
  PostedOrder slow(transport, SignedOrder(UrlOf(kSlowHost), 1), ReadyGate(clock_));
  SlowResolver::Get().WaitForLookup();
  EXPECT_EQ(
      PostedOrder(transport, SignedOrder(sandbox.OrderUrl(), 2), ReadyGate(clock_)).Wait().outcome,
      SendOutcome::kAnswered);
  EXPECT_EQ(slow.done_calls(), 0);
  SlowResolver::Get().Release();
  EXPECT_EQ(slow.Wait().cause, "dns_failed");
}

TEST_F(CurlTransportDnsTest, EndDoesNotWaitForTheResolver) {
  auto transport = std::make_unique<CurlTransport>(CurlTransportOptions{}, clock_, nullptr);
  PostedOrder order(*transport, SignedOrder(UrlOf(kSlowHost), 1), ReadyGate(clock_));
  SlowResolver::Get().WaitForLookup();
  const absl::Duration before = clock_.SinceBoot();
  transport.reset();
  EXPECT_LT(clock_.SinceBoot() - before, kNoFullWait);
  EXPECT_TRUE(SlowResolver::Get().IsHolding());
  EXPECT_EQ(order.Wait().outcome, SendOutcome::kNotSent);
  EXPECT_EQ(order.Wait().cause, "shutting_down");
}

}  // namespace
}  // namespace order1688
