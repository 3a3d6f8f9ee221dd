// The page tokens of ListPlacements: order1688.wire.v1.PlacementPageToken in web-safe base64.
#ifndef ORDER1688_SERVER_INBOUND_PLACEMENT_PAGE_TOKEN_H_
#define ORDER1688_SERVER_INBOUND_PLACEMENT_PAGE_TOKEN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/ledger/ledger_row.h"

namespace order1688 {

// Digest of what is asked: caller, account, states (in any order) and changed_after. Equal on every
// server.
uint64_t QuestionOf(const PlacementQuery& query);

// The token of the page that begins after `last`.
std::string PageTokenOf(const PlacementPosition& last, uint64_t question);

// What the token says; nullopt if it is none of ours, or belongs to another question.
std::optional<PlacementPosition> ReadPageToken(absl::string_view token, uint64_t question);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_PLACEMENT_PAGE_TOKEN_H_
