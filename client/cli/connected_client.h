// The client of the commands that call the service with a token.
#ifndef ORDER1688_CLIENT_CLI_CONNECTED_CLIENT_H_
#define ORDER1688_CLIENT_CLI_CONNECTED_CLIENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "client/cli/cli_io.h"
#include "client/cli/cli_options.h"
#include "client/order_client.h"

namespace order1688 {

// A client whose channel is connected. The error is one of MakeChannel, ReadToken or Connect: then
// nothing was sent, see ReportNotSent.
absl::StatusOr<std::unique_ptr<OrderClient>> MakeConnectedClient(const GlobalOptions& global,
                                                                 const CliIo& io);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_CONNECTED_CLIENT_H_
