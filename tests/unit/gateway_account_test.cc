#include "server/gateway_account.h"

#include <gtest/gtest.h>

namespace order1688 {
namespace {

TEST(GatewayAccountTest, AllOrdersThatThePacerLetsInAndALookupMayBeUnderWay) {
  Config config;
  config::v1::Account& account = *config.proto.add_accounts();
  account.set_max_in_flight(100);
  EXPECT_EQ(MakeTransportOptions(config, account).most_active, 101);
}

}  // namespace
}  // namespace order1688
