// `order1688 get ID`: shows one placement. It sends no order.
#ifndef ORDER1688_CLIENT_CLI_GET_COMMAND_H_
#define ORDER1688_CLIENT_CLI_GET_COMMAND_H_

#include <string>

#include "absl/status/status.h"
#include "client/cli/cli_io.h"
#include "client/cli/cli_options.h"
#include "client/cli/exit_code.h"
#include "order1688/v1/placement.pb.h"

namespace order1688 {

// Reads the placement and prints it; with `raw` the gateway's raw answer instead, byte for byte.
// The exit code tells its state. If the id is one that `place` saved, what was learnt is saved too.
ExitCode RunGet(const GlobalOptions& global, const GetOptions& get, const CliIo& io);

// Reports a GetPlacement or WatchPlacement that failed; returns its exit code.
ExitCode ReportGetFailure(const absl::Status& status, const GlobalOptions& global,
                          const std::string& request_id, const CliIo& io);

// What to do next about a placement of this state. Goes to the error stream.
void AdviseAfterGet(ExitCode code, const GlobalOptions& global, const std::string& request_id,
                    const CliIo& io);

// If the id is one that `place` saved, saves what was learnt of it.
void LearnFromGet(const v1::Placement& placement, const CliIo& io);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_GET_COMMAND_H_
