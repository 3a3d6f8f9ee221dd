// The log of the running server.
#ifndef ORDER1688_SERVER_STDERR_LOG_H_
#define ORDER1688_SERVER_STDERR_LOG_H_

#include <string>

#include "common/log.h"

namespace order1688 {

// Writes every line of at least `level` ("debug", "info", "warn" or "error") to stderr: at once,
// but for held ones.
Log MakeStderrLog(const std::string& level);

}  // namespace order1688

#endif  // ORDER1688_SERVER_STDERR_LOG_H_
