// order1688-server --probe: finds out which form of the signature a gateway accepts, because the
// sources disagree, without ordering anything.
#ifndef ORDER1688_SERVER_PROBE_H_
#define ORDER1688_SERVER_PROBE_H_

#include <ostream>
#include <string>

#include "server/config.h"

namespace order1688 {

// Sends one read of the order list (the account's `lookup`, else the documented path) for each form
// of the signature: milliseconds or seconds, with or without a nonce. It can never order: the path
// is checked as that of a lookup. Prints for each whether it is accepted (HTTP 200 and code 200),
// only status and code of what came, and how far the gateway's clock is from ours. Returns the exit
// code: 0 if the configured form is accepted, else 1, with what is wrong on `problems`. Blocks up
// to four times the account's timeout.
int Probe(const Config& config, const std::string& account, std::ostream& out,
          std::ostream& problems);

}  // namespace order1688

#endif  // ORDER1688_SERVER_PROBE_H_
