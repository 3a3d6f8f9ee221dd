#include "server/upstream/curl_events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <string>

#include "server/upstream/curl_handle.h"
#include "server/upstream/curl_sockets.h"
#include "tests/support/raw_peer.h"

namespace order1688 {
namespace {

// Long enough for everything, so that only a fault makes a test wait for it.
constexpr absl::Duration kLong = absl::Seconds(30);

size_t Drop(char*, size_t size, size_t count, void*) { return size * count; }

class CurlEventsTest : public testing::Test {
 protected:
  CurlEventsTest() : multi_(curl_multi_init()), events_(multi_.get(), sockets_) {}

  // Fetches from the peer on a connection that is kept, until close_ has a value.
  void Fetch() {
    const EasyHandle easy(curl_easy_init());
    ASSERT_EQ(sockets_.Watch(easy.get()), CURLE_OK);
    curl_easy_setopt(easy.get(), CURLOPT_URL, peer_.Url().c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &Drop);
    ASSERT_EQ(curl_multi_add_handle(multi_.get(), easy.get()), CURLM_OK);
    int left = 0;
    CURLMsg* message = nullptr;
    while (message == nullptr) {
      events_.Await(std::min(events_.UntilTimer(), kLong));
      events_.Handle();
      message = curl_multi_info_read(multi_.get(), &left);
    }
    EXPECT_EQ(message->data.result, CURLE_OK);
    curl_multi_remove_handle(multi_.get(), easy.get());
  }

  std::promise<void> close_;
  RawPeer peer_{[ended = close_.get_future().share()](RawConnection& connection) {
    connection.ReadHead();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    ended.wait();
    connection.Close();
  }};
  CurlSockets sockets_;
  const MultiHandle multi_;
  CurlEvents events_;
};

TEST_F(CurlEventsTest, TheEndOfAnIdleConnectionIsSeenOnce) {
  Fetch();
  EXPECT_FALSE(events_.Await(absl::ZeroDuration())) << "nothing is wanted of an idle connection";
  close_.set_value();
  EXPECT_TRUE(events_.Await(kLong));
  events_.Handle();
  EXPECT_FALSE(events_.Await(absl::ZeroDuration())) << "it would come for ever";
}

TEST_F(CurlEventsTest, SocketsThatAreNotAwaitedAreHandledAllTheSame) {
  Fetch();
  close_.set_value();
  EXPECT_TRUE(events_.Await(kLong));
  events_.SetAwaitsSockets(false);
  EXPECT_FALSE(events_.Await(absl::ZeroDuration()));
  events_.SetAwaitsSockets(true);
  EXPECT_TRUE(events_.Await(absl::ZeroDuration())) << "what came meanwhile is still there";
  events_.SetAwaitsSockets(false);
  events_.Handle();
  events_.SetAwaitsSockets(true);
  EXPECT_FALSE(events_.Await(absl::ZeroDuration()));
}

TEST_F(CurlEventsTest, WakeEndsTheNextAwait) {
  events_.Wake();
  EXPECT_TRUE(events_.Await(kLong));
  EXPECT_FALSE(events_.Await(absl::ZeroDuration()));
}

}  // namespace
}  // namespace order1688
