#include "client/cli/shell_command.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "client/cli/text_width.h"

namespace order1688 {
namespace {

bool IsPlain(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::string_view("_./:@%+=,-").find(c) != absl::string_view::npos;
  });
}

// Always --name=value: a value may begin with a dash.
void AppendOption(absl::string_view name, const std::string& value, std::string* command) {
  if (!value.empty()) absl::StrAppend(command, " ", ShellQuote(absl::StrCat(name, "=", value)));
}

std::string Beginning(const GlobalOptions& global) {
  std::string command = ShellQuote(global.program);
  AppendOption("--server", global.server, &command);
  if (global.plaintext) command += " --plaintext";
  AppendOption("--ca", global.ca_file, &command);
  AppendOption("--cert", global.cert_file, &command);
  AppendOption("--key", global.key_file, &command);
  AppendOption("--token-file", global.token_file, &command);
  AppendOption("--timeout", std::to_string(global.timeout_seconds), &command);
  if (global.json) command += " --json";
  return command;
}

}  // namespace

std::string ShellQuote(absl::string_view text) {
  if (IsPlain(text)) return std::string(text);
  if (SafeForTerminal(text) == text) {
    return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
  }
  std::string quoted = "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isprint(byte) && c != '\'' && c != '\\') {
      quoted += c;
    } else {
      absl::StrAppendFormat(&quoted, "\\x%02x", byte);
    }
  }
  return quoted + "'";
}

std::string PlaceAgainCommand(const GlobalOptions& global, const PlaceOptions& place,
                              const std::string& file, const std::string& request_id) {
  std::string command = absl::StrCat(Beginning(global), " place");
  AppendOption("--request-id", request_id, &command);
  AppendOption("--account", place.account, &command);
  AppendOption("--reference", place.reference, &command);
  const bool looks_like_option = file != "-" && absl::StartsWith(file, "-");
  return absl::StrCat(command, " ",
                      ShellQuote(looks_like_option ? absl::StrCat("./", file) : file));
}

std::string GetCommandLine(const GlobalOptions& global, const std::string& request_id) {
  return absl::StrCat(Beginning(global), " get ", absl::StartsWith(request_id, "-") ? "-- " : "",
                      ShellQuote(request_id));
}

}  // namespace order1688
