#include "client/cli/connected_client.h"

#include <string>

#include "client/cli/connection.h"

namespace order1688 {

absl::StatusOr<std::unique_ptr<OrderClient>> MakeConnectedClient(const GlobalOptions& global,
                                                                 const CliIo& io) {
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = MakeChannel(global, io);
  if (!channel.ok()) return channel.status();
  absl::StatusOr<std::string> token = ReadToken(global, io);
  if (!token.ok()) return token.status();
  if (absl::Status connected = Connect(*channel, global); !connected.ok()) return connected;
  OrderClientOptions options;
  options.token = *token;
  options.timeout = absl::Seconds(global.timeout_seconds);
  options.sleep = io.sleep;
  return std::make_unique<OrderClient>(*channel, options);
}

}  // namespace order1688
