// Channels to the service, with the settings that placing orders needs.
#ifndef ORDER1688_CLIENT_ORDER_CHANNEL_H_
#define ORDER1688_CLIENT_ORDER_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/security/credentials.h"

namespace order1688 {

// A channel to `target` (host:port or any gRPC target) without gRPC's own retries: they would send
// again unseen, and OrderClient has to know of every try to tell what is known of the order. Never
// null; it connects on first use.
std::shared_ptr<grpc::Channel> MakeOrderChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials);

// Waits until the channel is connected. False when the first attempt to connect failed or `timeout`
// passed. Called before the first call of a channel, false proves that nothing was sent.
bool WaitUntilConnected(grpc::Channel& channel, absl::Duration timeout);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_ORDER_CHANNEL_H_
