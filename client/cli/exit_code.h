// The exit codes of order1688 and the rules that choose one.
#ifndef ORDER1688_CLIENT_CLI_EXIT_CODE_H_
#define ORDER1688_CLIENT_CLI_EXIT_CODE_H_

#include "absl/strings/string_view.h"
#include "client/call_failure.h"
#include "order1688/v1/placement.pb.h"

namespace order1688 {

// What the process ends with. Scripts depend on the numbers: they never change.
enum class ExitCode {
  kPlaced = 0,   // placed; get: it is PLACED; health: serving; --validate-only: nothing to refuse
  kUsage = 1,    // wrong options or input file: nothing sent
  kRefused = 2,  // refused by the service or the gateway, or closed by a person: no order
  kNotSent = 3,  // not sent for now: no order; the same request_id may be asked again
  kUnknown = 4,  // in doubt or unknown: an order may exist; never use a new request_id
  kAuthentication = 5,   // the service does not know the token, or the caller lacks the permission
  kCannotConnect = 6,    // no connection to the service: nothing sent
  kPartlyPlaced = 7,     // some sellers' orders exist, others were refused
  kInProgress = 8,       // on its way: ask again with the same request_id
  kRequestIdReused = 9,  // the request_id belongs to other content: nothing sent by this call
};

// Of a failed PlaceOrders. An unknown outcome is kUnknown (kInProgress if the service says that it
// is on its way), whatever the last answer was.
ExitCode ExitCodeOfPlace(const CallFailure& failure);

// Of a failed GetPlacement. Only PLACEMENT_NOT_FOUND is kNotSent; an answer that tells nothing
// about the placement is kUnknown.
ExitCode ExitCodeOfGet(const CallFailure& failure);

// Of a failed ListPlacements, ResolvePlacement or call about an account. kRefused: nothing was
// changed, look at the message; kNotSent: there is no such placement or account; kUnknown: it may
// have been changed.
ExitCode ExitCodeOfOperation(const CallFailure& failure);

// Of a placement that the service showed.
ExitCode ExitCodeOf(v1::PlacementState state);

// The code of several placements: the worst money risk first, 4 8 7, then 9 5 6 3 2 1 0.
ExitCode Worse(ExitCode a, ExitCode b);

// One or two words, e.g. "partly placed".
absl::string_view NameOf(ExitCode code);

// The table of all codes, for --help.
absl::string_view ExitCodeTable();

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_EXIT_CODE_H_
