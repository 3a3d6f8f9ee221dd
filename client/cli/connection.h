// How order1688 reaches the service: address, TLS, token.
#ifndef ORDER1688_CLIENT_CLI_CONNECTION_H_
#define ORDER1688_CLIENT_CLI_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/cli/cli_io.h"
#include "client/cli/cli_options.h"
#include "grpcpp/channel.h"

namespace order1688 {

// True if `server` (host:port) is this machine: 127.x.x.x, [::1], localhost, or a unix socket.
bool IsLoopback(absl::string_view server);

// A channel to the service. TLS unless --plaintext; without --ca against the system's authorities.
// A warning goes to `io.err` for
// --plaintext to another machine. INVALID_ARGUMENT: options that do not fit, or a file that cannot
// be read.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const GlobalOptions& options,
                                                           const CliIo& io);

// The token, from --token-file or else ORDER1688_TOKEN. UNAUTHENTICATED if there is none;
// INVALID_ARGUMENT if the file cannot be read or the token is no token. The messages never hold it.
// Warns on `io.err` if others can read the file.
absl::StatusOr<std::string> ReadToken(const GlobalOptions& options, const CliIo& io);

// Connects, within `timeout` and at most 10 s. UNAVAILABLE, with gRPC's reason: no connection, so
// nothing was sent on it.
absl::Status Connect(const std::shared_ptr<grpc::Channel>& channel, const GlobalOptions& options);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_CONNECTION_H_
