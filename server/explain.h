// order1688-server --explain: shows an operator what would be sent and signed, to find out why a
// gateway refuses a signature.
#ifndef ORDER1688_SERVER_EXPLAIN_H_
#define ORDER1688_SERVER_EXPLAIN_H_

#include <ostream>
#include <string>

#include "server/config.h"

namespace order1688 {

// Prints the URL, the headers' names, the body and the text to sign (the secret shown as
// "<secret>") for the request in `file`: the documented REST body, or a PlaceOrdersRequest as
// protobuf JSON. `account` empty: the first one. Sends nothing. Returns the exit code: 0, or 1 with
// what is wrong on `problems`.
int Explain(const Config& config, const std::string& account, const std::string& file,
            std::ostream& out, std::ostream& problems);

}  // namespace order1688

#endif  // ORDER1688_SERVER_EXPLAIN_H_
