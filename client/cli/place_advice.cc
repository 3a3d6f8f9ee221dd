#include "client/cli/place_advice.h"

#include "absl/strings/str_cat.h"
#include "client/cli/shell_command.h"
#include "client/cli/text_width.h"

namespace order1688 {
namespace {

std::string AskAgain(const PlaceAnswer& answer, const GlobalOptions& global,
                     const PlaceOptions& place) {
  return absl::StrCat(answer.file == "-" ? " with the same standard input:\n  " : ":\n  ",
                      PlaceAgainCommand(global, place, answer.file, answer.request_id), "\n");
}

bool NeedsOperator(const PlaceAnswer& answer) {
  return answer.failure.has_value() && answer.failure->error.has_value() &&
         answer.failure->error->next == NextStep::kAskOperator;
}

}  // namespace

std::string Advice(const PlaceAnswer& answer, const GlobalOptions& global,
                   const PlaceOptions& place) {
  const bool sent = !answer.failure.has_value() || answer.failure->sent;
  switch (answer.code) {
    case ExitCode::kPlaced:
      return "Creating an order does not pay it: pay it on 1688 before it expires.\n";
    case ExitCode::kPartlyPlaced:
      return "Creating an order does not pay it. Never place this file again under a new request "
             "id: it would buy the placed\n"
             "lines twice. Put the refused lines alone into a file of their own.\n";
    case ExitCode::kUnknown:
      return absl::StrCat(
          "An order MAY exist. Never place these goods under another request id. Ask again",
          AskAgain(answer, global, place));
    case ExitCode::kInProgress:
      return absl::StrCat("The order is on its way. Ask again", AskAgain(answer, global, place));
    case ExitCode::kNotSent:
      if (!sent) return "Nothing was sent.\n";
      return absl::StrCat(
          "This call made no order. ",
          NeedsOperator(answer) ? "An operator has to look first. Then ask " : "Ask ",
          "again under the same request id", AskAgain(answer, global, place));
    case ExitCode::kRefused:
      return "This call made no order. Mend the request; a mended request is a new purchase with a "
             "new request id.\n";
    case ExitCode::kAuthentication:
      return "Nothing was sent to the gateway by this call.\n";
    case ExitCode::kRequestIdReused:
      return absl::StrCat(
          "That request id belongs to other content; nothing was sent by this call. See what it "
          "is:\n  ",
          GetCommandLine(global, answer.request_id), "\n");
    case ExitCode::kUsage:
    case ExitCode::kCannotConnect:
      return absl::StrCat("Nothing was sent.",
                          global.plaintext || answer.code == ExitCode::kUsage
                              ? ""
                              : " If the service has no TLS: --plaintext.",
                          "\n");
  }
  return "";
}

std::string TakenIdNote(const TakenId& taken) {
  if (taken.reused) {
    return absl::StrCat("request id ", taken.request_id,
                        " (saved by an earlier run that is not settled: the same purchase)\n");
  }
  if (taken.earlier_request_id.empty())
    return absl::StrCat("request id ", taken.request_id, " (new, saved)\n");
  return absl::StrCat("request id ", taken.request_id,
                      " (new, saved): a NEW purchase; the same content was settled before under ",
                      taken.earlier_request_id, "\n");
}

std::string RefusedIdAdvice(absl::string_view why) {
  return absl::StrCat(SafeForTerminal(why),
                      ". Settle that first (order1688 get ID, or place it again with --request-id "
                      "ID); to buy this as well, "
                      "give it a request id of its own: --request-id");
}

}  // namespace order1688
