// What `place` tells the user to do next. Goes to the error stream.
#ifndef ORDER1688_CLIENT_CLI_PLACE_ADVICE_H_
#define ORDER1688_CLIENT_CLI_PLACE_ADVICE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "client/cli/cli_options.h"
#include "client/cli/place_answer.h"
#include "client/cli/request_id_store.h"

namespace order1688 {

// Lines that end with a newline. Where an order may exist, with the command that asks again under
// the same request id.
std::string Advice(const PlaceAnswer& answer, const GlobalOptions& global,
                   const PlaceOptions& place);

// Which id is sent, and whether it is a new purchase.
std::string TakenIdNote(const TakenId& taken);

// Why no id was made, and what to do.
std::string RefusedIdAdvice(absl::string_view why);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_PLACE_ADVICE_H_
