#include "client/order_channel.h"

#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

namespace order1688 {
namespace {

// An answer repeats everything the gateway sent (at most 1 MB of JSON); one that is too large to
// receive would be an order that the caller cannot see.
constexpr int kLargestAnswerBytes = 32 * 1024 * 1024;

}  // namespace

std::shared_ptr<grpc::Channel> MakeOrderChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // A service config from DNS could bring a retry policy of its own.
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  // The token and the addresses go to the server that was named, not through a proxy that happens
  // to be in the environment.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kLargestAnswerBytes);
  arguments.SetUserAgentPrefix("order1688/" ORDER1688_VERSION);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

bool WaitUntilConnected(grpc::Channel& channel, absl::Duration timeout) {
  const auto deadline = absl::ToChronoTime(absl::Now() + timeout);
  while (true) {
    const grpc_connectivity_state state = channel.GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) return true;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE || state == GRPC_CHANNEL_SHUTDOWN) return false;
    if (!channel.WaitForStateChange(state, deadline)) return false;
  }
}

}  // namespace order1688
