#include "client/cli/list_command.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/command_output.h"
#include "client/cli/connected_client.h"
#include "client/cli/json_report.h"
#include "client/cli/report.h"
#include "client/cli/text_width.h"

namespace order1688 {
namespace {

constexpr int kLargestPage = 1000;

// A time as RFC 3339, or how long ago, e.g. "36h".
std::optional<absl::Time> ReadSince(const std::string& since) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, since, &time, &error)) return time;
  absl::Duration ago;
  if (absl::ParseDuration(since, &ago) && ago > absl::ZeroDuration()) return absl::Now() - ago;
  return std::nullopt;
}

absl::StatusOr<v1::ListPlacementsRequest> RequestOf(const ListOptions& list) {
  v1::ListPlacementsRequest request;
  if (list.in_doubt) request.add_states(v1::PLACEMENT_STATE_IN_DOUBT);
  for (const std::string& name : list.states) {
    v1::PlacementState state;
    if (!v1::PlacementState_Parse("PLACEMENT_STATE_" + absl::AsciiStrToUpper(name), &state)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--state ", SafeForTerminal(name), " is no state of a placement"));
    }
    request.add_states(state);
  }
  if (!list.since.empty()) {
    const std::optional<absl::Time> since = ReadSince(list.since);
    if (!since.has_value()) {
      return absl::InvalidArgumentError(
          "--since must be a time such as 2026-01-02T03:04:05Z, or how long ago, such as 36h");
    }
    const int64_t micros = absl::ToUnixMicros(*since);
    request.mutable_update_time_after()->set_seconds(
        absl::ToUnixSeconds(absl::FromUnixMicros(micros)));
    request.mutable_update_time_after()->set_nanos(
        static_cast<int32_t>((micros - request.update_time_after().seconds() * 1000000) * 1000));
  }
  request.set_caller(list.caller);
  request.set_page_size(list.limit > 0 ? std::min(list.limit, kLargestPage) : kLargestPage);
  return request;
}

}  // namespace

ExitCode RunList(const GlobalOptions& global, const ListOptions& list, const CliIo& io) {
  absl::StatusOr<v1::ListPlacementsRequest> request = RequestOf(list);
  if (!request.ok()) return ReportNotSent(request.status(), global, io);
  const absl::StatusOr<std::unique_ptr<OrderClient>> client = MakeConnectedClient(global, io);
  if (!client.ok()) return ReportNotSent(client.status(), global, io);
  std::vector<v1::Placement> shown;
  absl::Status failed;
  int read = 0;
  do {
    absl::StatusOr<v1::ListPlacementsResponse> page = (*client)->ListPlacements(*request);
    if (!page.ok()) {
      failed = page.status();
      break;
    }
    if (list.limit > 0 && page->placements_size() > list.limit - read) {
      page->mutable_placements()->DeleteSubrange(list.limit - read,
                                                 page->placements_size() - (list.limit - read));
    }
    read += page->placements_size();
    request->set_page_token(page->next_page_token());
    if (global.json) {
      io.out << MessageJson(*page) << std::flush;
      continue;
    }
    shown.insert(shown.end(), page->placements().begin(), page->placements().end());
  } while (!request->page_token().empty() && (list.limit == 0 || read < list.limit));
  if (!shown.empty()) io.out << RenderList(shown) << std::flush;
  io.err << "server " << global.server << " · " << read
         << (read == 1 ? " placement\n" : " placements\n");
  return failed.ok() ? ExitCode::kPlaced : ReportFailedOperation(failed, "", global, io);
}

}  // namespace order1688
