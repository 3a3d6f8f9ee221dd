#include "client/cli/order_file.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/cli/json_guard.h"
#include "client/cli/text_width.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/json_util.h"

namespace order1688 {
namespace {

absl::Status Wrong(const std::string& name, absl::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat(name == "-" ? "standard input" : name, ": ", problem));
}

absl::StatusOr<std::string> ReadAll(const std::string& name, std::istream& in) {
  std::string text(kLargestOrderFile + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return Wrong(name, "cannot be read");
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kLargestOrderFile) return Wrong(name, "larger than 1 MiB");
  return text;
}

bool IsWholeRequest(const std::vector<std::string>& keys) {
  const google::protobuf::Descriptor* request = v1::PlaceOrdersRequest::descriptor();
  return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
    for (int i = 0; i < request->field_count(); ++i) {
      if (request->field(i)->json_name() == key || request->field(i)->name() == key) return true;
    }
    return false;
  });
}

absl::Status ParseInto(const std::string& name, absl::string_view text,
                       google::protobuf::Message* message) {
  if (absl::Status checked = CheckJson(text, *message->GetDescriptor()); !checked.ok()) {
    return Wrong(name, checked.message());
  }
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(text.data(), text.size()), message);
  if (parsed.ok()) return absl::OkStatus();
  const auto problem = parsed.message();
  return Wrong(name, SafeForTerminal(absl::string_view(problem.data(), problem.size())));
}

}  // namespace

absl::StatusOr<std::string> ReadOrderText(const std::string& name, std::istream& standard_input) {
  if (name == "-") return ReadAll(name, standard_input);
  struct stat file;
  if (stat(name.c_str(), &file) != 0) return Wrong(name, std::strerror(errno));
  if (S_ISDIR(file.st_mode)) return Wrong(name, "is a directory");
  std::ifstream in(name, std::ios::binary);
  if (!in) return Wrong(name, std::strerror(errno));
  return ReadAll(name, in);
}

absl::StatusOr<OrderFile> ParseOrderFile(const std::string& name, absl::string_view text) {
  absl::StatusOr<std::vector<std::string>> keys = TopLevelKeys(text);
  if (!keys.ok()) return Wrong(name, keys.status().message());

  OrderFile file;
  file.name = name;
  const bool whole = IsWholeRequest(*keys);
  google::protobuf::Message* message = &file.request;
  if (!whole) message = file.request.mutable_batch();
  if (absl::Status parsed = ParseInto(name, text, message); !parsed.ok()) return parsed;
  const bool names_id =
      absl::c_linear_search(*keys, "requestId") || absl::c_linear_search(*keys, "request_id");
  if (names_id && file.request.request_id().empty()) return Wrong(name, "requestId is empty");
  if (file.request.batch().cargo_lines().empty()) {
    return Wrong(name, absl::StrCat(whole ? "batch." : "",
                                    "cargoParamList is missing or empty: nothing to order"));
  }
  return file;
}

std::string HashOf(const v1::OrderBatch& batch) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  {
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    batch.SerializeToCodedStream(&coded);
  }
  return Sha256Hex(bytes);
}

std::string Sha256Hex(absl::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

}  // namespace order1688
