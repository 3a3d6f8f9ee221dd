// Makes request ids. Only the command line tool does: it saves them before it sends.
#ifndef ORDER1688_CLIENT_CLI_NEW_REQUEST_ID_H_
#define ORDER1688_CLIENT_CLI_NEW_REQUEST_ID_H_

#include <string>

#include "absl/status/statusor.h"

namespace order1688 {

// A random UUID, version 4. A new id is a new purchase: save it before anything is sent under it.
// FAILED_PRECONDITION if the system gives no random numbers.
absl::StatusOr<std::string> NewRequestId();

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_NEW_REQUEST_ID_H_
