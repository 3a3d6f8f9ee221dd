// The silent resend: libcurl sends a POST again by itself when a reused connection dies before the
// first byte of the answer.
//
// This program is linked with --wrap=curl_easy_setopt, so that a test can take away what protects
// an order on the way from the unchanged CurlTransport to libcurl: the same object code, without
// its gate or without its one-shot body.
#include <curl/curl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdarg>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/upstream/curl_transport.h"
#include "tests/support/order_posting.h"
#include "tests/support/sandbox_process.h"

extern "C" {
CURLcode __real_curl_easy_setopt(CURL* handle, CURLoption option, ...);
// The number of the option: a variadic function must not take an enum before its dots.
CURLcode __wrap_curl_easy_setopt(CURL* handle, unsigned number, ...);
}

namespace {

std::atomic<bool> gate_removed = false;
std::atomic<bool> one_shot_removed = false;
std::atomic<curl_prereq_callback> gate_callback = nullptr;
std::atomic<curl_read_callback> read_callback = nullptr;

// Asks the gate, so that it knows of the send, and ignores what it says.
int IgnoreGate(void* data, char* peer_ip, char* own_ip, int peer_port, int own_port) {
  gate_callback.load()(data, peer_ip, own_ip, peer_port, own_port);
  return CURL_PREREQFUNC_OK;
}

// A body that can be read again, as with CURLOPT_POSTFIELDS.
struct RepeatableBody {
  void* data = nullptr;
  std::string kept;
  size_t at = 0;
};

std::mutex bodies_mutex;
std::vector<std::unique_ptr<RepeatableBody>> bodies;

RepeatableBody* NewRepeatableBody(void* data) {
  std::lock_guard lock(bodies_mutex);
  bodies.push_back(std::make_unique<RepeatableBody>());
  bodies.back()->data = data;
  return bodies.back().get();
}

size_t ReadRepeatably(char* buffer, size_t size, size_t count, void* data) {
  auto* body = static_cast<RepeatableBody*>(data);
  if (body->at == body->kept.size()) {
    size_t got = read_callback.load()(buffer, size, count, body->data);
    if (got <= size * count) body->kept.append(buffer, got);
    body->at = body->kept.size();
    return got;
  }
  size_t length = std::min(size * count, body->kept.size() - body->at);
  std::memcpy(buffer, body->kept.data() + body->at, length);
  body->at += length;
  return length;
}

int SeekBack(void* data, curl_off_t offset, int) {
  static_cast<RepeatableBody*>(data)->at = static_cast<size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

}  // namespace

extern "C" CURLcode __wrap_curl_easy_setopt(CURL* handle, unsigned number, ...) {
  const auto option = static_cast<CURLoption>(number);
  va_list arguments;
  va_start(arguments, number);
  CURLcode code = CURLE_OK;
  if (option < CURLOPTTYPE_OBJECTPOINT) {
    code = __real_curl_easy_setopt(handle, option, va_arg(arguments, long));
  } else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB) {
    code = __real_curl_easy_setopt(handle, option, va_arg(arguments, curl_off_t));
  } else if (option == CURLOPT_PREREQFUNCTION && gate_removed) {
    gate_callback = va_arg(arguments, curl_prereq_callback);
    code = __real_curl_easy_setopt(handle, option, &IgnoreGate);
  } else if (option == CURLOPT_READFUNCTION && one_shot_removed) {
    read_callback = va_arg(arguments, curl_read_callback);
    code = __real_curl_easy_setopt(handle, option, &ReadRepeatably);
  } else if (option == CURLOPT_READDATA && one_shot_removed) {
    RepeatableBody* body = NewRepeatableBody(va_arg(arguments, void*));
    code = __real_curl_easy_setopt(handle, option, body);
    __real_curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, &SeekBack);
    __real_curl_easy_setopt(handle, CURLOPT_SEEKDATA, body);
  } else {
    code = __real_curl_easy_setopt(handle, option, va_arg(arguments, void*));
  }
  va_end(arguments);
  return code;
}

namespace order1688 {
namespace {

constexpr int kOrders = 1000;

class CurlTransportSendOnceTest : public testing::Test {
 protected:
  ~CurlTransportSendOnceTest() override {
    gate_removed = false;
    one_shot_removed = false;
    std::lock_guard lock(bodies_mutex);
    bodies.clear();
  }

  // Answers the first request of each connection and ends the connection, as `fault` says, after
  // the second was read whole.
  void PlanDeadConnections(const std::string& fault) {
    plan_ = sandbox_
                .Plan(absl::StrCat(
                    R"([{"match":{"connection_request_number":2},"times":-1,"fault":{"kind":")",
                    fault, R"("}}])"))
                .at(0);
  }

  // Posts so many orders, one after the other, and counts what became of them.
  void PostOrders(int orders) {
    CurlTransportOptions options;
    options.longest_idle =
        absl::Minutes(5);  // a slow machine must not make a fresh connection of a reused one
    CurlTransport transport(options, clock_, [this] { ++stopped_sends_; });
    for (int number = 1; number <= orders; ++number) {
      HttpResult result =
          PostedOrder(transport, SignedOrder(sandbox_.OrderUrl(), number), ReadyGate(clock_))
              .Wait();
      bool even = number % 2 == 0;
      bool as_planned =
          even ? result.outcome == SendOutcome::kInDoubt : result.outcome == SendOutcome::kAnswered;
      not_as_planned_ += as_planned ? 0 : 1;
      causes_.insert(result.cause);
    }
  }

  void ExpectEveryBodyOnce(const std::string& fault) {
    PlanDeadConnections(fault);
    PostOrders(kOrders);
    // libcurl connects for the second send before the gate stops it.
    EXPECT_TRUE(sandbox_.WaitForConnections(kOrders));
    rapidjson::Document counts = sandbox_.Counts();
    EXPECT_EQ(counts["requests_read_whole"].GetInt(), kOrders);
    EXPECT_EQ(counts["requests_begun"].GetInt(), kOrders);
    EXPECT_EQ(counts["by_body_sha256"].MemberCount(), static_cast<unsigned>(kOrders));
    EXPECT_EQ(counts["max_same_body"].GetInt(), 1);
    EXPECT_EQ(counts["refused"].GetInt(), 0);
    EXPECT_EQ(counts["connections"].GetInt(), kOrders);
    EXPECT_EQ(sandbox_.HitsOf(plan_), kOrders / 2);
    EXPECT_EQ(not_as_planned_, 0);
    EXPECT_EQ(stopped_sends_, kOrders / 2);
    EXPECT_EQ(causes_, (std::set<std::string>{"", "connection_closed_while_sending"}));
  }

  SystemClock clock_;
  SandboxProcess sandbox_;
  std::string plan_;
  std::atomic<int> stopped_sends_ = 0;
  int not_as_planned_ = 0;
  std::set<std::string> causes_;
};

TEST_F(CurlTransportSendOnceTest, EveryBodyIsSeenOnceWhenReusedConnectionsEndWithFin) {
  ExpectEveryBodyOnce("drop_after_read");
}

TEST_F(CurlTransportSendOnceTest, EveryBodyIsSeenOnceWhenReusedConnectionsEndWithRst) {
  ExpectEveryBodyOnce("reset_after_read");
}

TEST_F(CurlTransportSendOnceTest, TheGateAloneStopsTheSecondSend) {
  one_shot_removed = true;
  PlanDeadConnections("drop_after_read");
  PostOrders(20);
  EXPECT_EQ(sandbox_.CountOf("max_same_body"), 1);
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 20);
  EXPECT_EQ(sandbox_.HitsOf(plan_), 10);
  EXPECT_EQ(not_as_planned_, 0);
  EXPECT_EQ(stopped_sends_, 10);
}

TEST_F(CurlTransportSendOnceTest, TheOneShotBodyAloneStopsTheSecondSend) {
  gate_removed = true;
  PlanDeadConnections("drop_after_read");
  PostOrders(20);
  EXPECT_EQ(sandbox_.CountOf("max_same_body"), 1);
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 20);
  EXPECT_EQ(sandbox_.HitsOf(plan_), 10);
  EXPECT_EQ(not_as_planned_, 0);
}

// The proof that the tests above can fail.
TEST_F(CurlTransportSendOnceTest,
       WithoutGateAndOneShotBodyLibcurlSendsOrdersTwiceAndCallsItSuccess) {
  for (const char* fault : {"drop_after_read", "reset_after_read"}) {
    SCOPED_TRACE(fault);
    sandbox_.Call("POST", "/reset");
    gate_removed = true;
    one_shot_removed = true;
    PlanDeadConnections(fault);
    not_as_planned_ = 0;
    PostOrders(2);
    EXPECT_EQ(sandbox_.HitsOf(plan_), 1);
    EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 3);
    EXPECT_EQ(sandbox_.CountOf("max_same_body"), 2);
    EXPECT_EQ(sandbox_.CountOf("max_same_order"), 2) << "one order, bought twice";
    EXPECT_EQ(not_as_planned_, 1)
        << "the second order is reported as answered, as if it had been sent once";
  }
}

}  // namespace
}  // namespace order1688
