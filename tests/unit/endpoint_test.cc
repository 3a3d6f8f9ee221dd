#include "server/endpoint.h"

#include <gtest/gtest.h>

#include <string>

namespace order1688 {
namespace {

TEST(EndpointTest, ReadsNamesAndAddresses) {
  EXPECT_EQ(ParseEndpoint("127.0.0.1:50051")->host, "127.0.0.1");
  EXPECT_EQ(ParseEndpoint("127.0.0.1:50051")->port, 50051);
  EXPECT_EQ(ParseEndpoint("[::1]:0")->host, "::1");
  EXPECT_EQ(ParseEndpoint("orders.example:443")->host, "orders.example");
}

TEST(EndpointTest, RefusesWhatIsNotHostAndPort) {
  for (const char* text : {"", ":", "host", "host:", ":1", "::1:80", "[::1]", "[::1:80",
                           "[1.2.3.4]:80", "host:65536", "host:-1", "host:+1", "host: 1", "host:1x",
                           "ho st:1", "unix:/tmp/x", "a,b:1", "http://h:1"}) {
    EXPECT_FALSE(ParseEndpoint(text).ok()) << text;
  }
}

TEST(EndpointTest, TextOfAnEndpointReadsAsItself) {
  for (const char* text : {"127.0.0.1:1", "[::1]:65535", "localhost:0"}) {
    EXPECT_EQ(ToText(*ParseEndpoint(text)), text);
  }
}

TEST(EndpointTest, OnlyThisMachineIsLoopback) {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.0.3", "::1", "0:0:0:0:0:0:0:1"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const char* host :
       {"0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "localhost.example", "127.1", "127.0.0.1.example",
        "::ffff:127.0.0.1", "LOCALHOST.", "", "2130706433"}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

TEST(GatewayUrlTest, TakesHostAndPrefix) {
  auto url = ParseGatewayUrl("https://API.example.com:8443/gw/v1");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->url, "https://api.example.com:8443/gw/v1");
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_TRUE(url->https);
}

TEST(GatewayUrlTest, DropsTheSlashAtTheEnd) {
  EXPECT_EQ(ParseGatewayUrl("https://api.example.com/")->url, "https://api.example.com");
  EXPECT_EQ(ParseGatewayUrl("https://api.example.com/gw/")->url, "https://api.example.com/gw");
}

TEST(GatewayUrlTest, ReadsTheHostAsCurlDoes) {
  EXPECT_EQ(ParseGatewayUrl("http://[::1]:8080")->host, "::1");
  EXPECT_EQ(ParseGatewayUrl("http://[::1]:8080")->url, "http://[::1]:8080");
  EXPECT_EQ(ParseGatewayUrl("http://127.1:80")->host, "127.0.0.1");
  EXPECT_EQ(ParseGatewayUrl("http://2130706433:80")->host, "127.0.0.1");
  EXPECT_EQ(ParseGatewayUrl("https://api.example.com.")->host, "api.example.com");
}

TEST(GatewayUrlTest, RefusesWhatHidesTheHostOrAddsToTheRequest) {
  for (const char* text : {"",
                           "api.example.com",
                           "https://",
                           "https:///path",
                           "ftp://api.example.com",
                           "file:///etc/passwd",
                           "https://user@api.example.com",
                           "https://user:password@api.example.com",
                           "https://api.example.com?x=1",
                           "https://api.example.com/?",
                           "https://api.example.com#x",
                           "https://api.example.com/a/../b",
                           "https://api.example.com/a//b",
                           "https://api.example.com//",
                           "https://api.example.com/%2e%2e",
                           "https://api.example.com\\@evil.example",
                           "https://api.example.com ",
                           " https://api.example.com",
                           "https://api.exam\nple.com",
                           "https://api.example.com:0",
                           "https://api.example.com:99999",
                           "https://api_.example.com",
                           "https://api.example.com/a;b",
                           "https://中文.example",
                           "https://[fe80::1%25eth0]"}) {
    auto url = ParseGatewayUrl(text);
    EXPECT_FALSE(url.ok()) << text << " became " << (url.ok() ? url->url : "");
  }
}

TEST(GatewayUrlTest, DomainHoldsItselfAndItsSubdomainsOnly) {
  EXPECT_TRUE(IsInDomain("pandapon.com", "pandapon.com"));
  EXPECT_TRUE(IsInDomain("api.pandapon.com", "pandapon.com"));
  EXPECT_FALSE(IsInDomain("notpandapon.com", "pandapon.com"));
  EXPECT_FALSE(IsInDomain("pandapon.com.example", "pandapon.com"));
}

}  // namespace
}  // namespace order1688
