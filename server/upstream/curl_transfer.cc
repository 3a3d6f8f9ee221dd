#include "server/upstream/curl_transfer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace order1688 {
namespace {

// libcurl keeps every header line; without a cap of our own an endless header section would fill
// the memory.
constexpr size_t kMostHeaderBytes = 256 * 1024;
constexpr size_t kLongestDate = 100;
constexpr long kUploadBufferBytes = 16 * 1024;  // the least that libcurl takes
constexpr long kReadBufferBytes = 8 * 1024;
// What is believed of an announced length before so much has come.
constexpr curl_off_t kMostRoom = 1 << 20;

absl::string_view View(const char* text) { return text == nullptr ? "" : absl::string_view(text); }

bool IsTlsFailure(CURLcode code) {
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
      return true;
    default:
      return false;
  }
}

std::optional<absl::Duration> ReadKeepAlive(absl::string_view value) {
  for (absl::string_view part : absl::StrSplit(value, ',')) {
    part = absl::StripAsciiWhitespace(part);
    int seconds = 0;
    if (absl::StartsWithIgnoreCase(part, "timeout=") &&
        absl::SimpleAtoi(part.substr(8), &seconds) && seconds >= 0) {
      return absl::Seconds(seconds);
    }
  }
  return std::nullopt;
}

// Sets options one after the other; the first refusal stays.
class OptionSetter {
 public:
  explicit OptionSetter(CURL* easy) : easy_(easy) {}

  template <typename T>
  OptionSetter& Set(CURLoption option, T value) {
    if (code_ == CURLE_OK) code_ = curl_easy_setopt(easy_, option, value);
    return *this;
  }

  absl::Status status() const {
    if (code_ == CURLE_OK) return absl::OkStatus();
    return absl::InternalError(
        absl::StrCat("libcurl refused an option: ", View(curl_easy_strerror(code_))));
  }

 private:
  CURL* const easy_;
  CURLcode code_ = CURLE_OK;
};

}  // namespace

EasyHandle NewTransferHandle(const CurlTransportOptions& options, CurlSockets& sockets) {
  EasyHandle easy(curl_easy_init());
  if (easy == nullptr || sockets.Watch(easy.get()) != CURLE_OK) return nullptr;
  OptionSetter set(easy.get());
  set.Set(CURLOPT_PROTOCOLS_STR, "https,http")
      // No redirect is followed. libcurl 7.88 refuses an empty REDIR_PROTOCOLS_STR, so the number
      // of them is the second lock.
      .Set(CURLOPT_FOLLOWLOCATION, 0L)
      .Set(CURLOPT_MAXREDIRS, 0L)
      .Set(CURLOPT_REDIR_PROTOCOLS_STR, "https")
      .Set(CURLOPT_UNRESTRICTED_AUTH, 0L)
      .Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED))
      // HTTP/2 would resend refused streams inside libcurl.
      .Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1))
      .Set(CURLOPT_HTTP09_ALLOWED, 0L)
      .Set(CURLOPT_HTTP_CONTENT_DECODING, 0L)
      .Set(CURLOPT_NOSIGNAL, 1L)
      // Without it a slow resolver would hold the whole loop beyond every timeout.
      .Set(CURLOPT_QUICK_EXIT, 1L)
      .Set(CURLOPT_CONNECTTIMEOUT_MS,
           static_cast<long>(absl::ToInt64Milliseconds(options.connect_timeout)))
      .Set(CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(options.timeout)))
      // An order and its answer have a few KB; the defaults take 80 KB for each that is under way.
      .Set(CURLOPT_UPLOAD_BUFFERSIZE, kUploadBufferBytes)
      .Set(CURLOPT_BUFFERSIZE, kReadBufferBytes);

  // An empty proxy also keeps libcurl from reading http_proxy and no_proxy from the environment.
  set.Set(CURLOPT_PROXY, options.proxy.c_str()).Set(CURLOPT_NOPROXY, "");
  if (!options.proxy.empty()) {
    set.Set(CURLOPT_HTTPPROXYTUNNEL, 1L).Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  }

  set.Set(CURLOPT_SSL_VERIFYPEER, 1L)
      .Set(CURLOPT_SSL_VERIFYHOST, 2L)
      .Set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) {
    // The system's folder of authorities would be trusted beside the file.
    set.Set(CURLOPT_CAINFO, options.ca_file.c_str())
        .Set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }

  // No POSTFIELDS and no seek function: libcurl cannot read the body a second time, whatever it
  // wants to send again.
  set.Set(CURLOPT_POST, 1L)
      .Set(CURLOPT_READFUNCTION, &CurlTransfer::OnReadBody)
      .Set(CURLOPT_PREREQFUNCTION, &CurlTransfer::OnBeforeSend)
      .Set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE))
      .Set(CURLOPT_HEADERFUNCTION, &CurlTransfer::OnHeader)
      .Set(CURLOPT_WRITEFUNCTION, &CurlTransfer::OnAnswer);
  return set.status().ok() ? std::move(easy) : nullptr;
}

CurlTransfer::CurlTransfer(const CurlTransportOptions& options, CurlSockets& sockets,
                           std::string body, HeaderList headers, std::shared_ptr<SendGate> gate,
                           HttpTransport::Done done, absl::Duration posted_at)
    : options_(options),
      sockets_(sockets),
      body_(std::move(body)),
      headers_(std::move(headers)),
      gate_(std::move(gate)),
      done_(std::move(done)),
      posted_at_(posted_at) {}

absl::Status CurlTransfer::Prepare(EasyHandle easy, absl::Duration reuse_for) {
  easy_ = std::move(easy);
  met_dead_connection_ = false;
  if (easy_ == nullptr) return absl::ResourceExhaustedError("no handle for a transfer");
  // libcurl counts idle time in whole seconds, rounded down, and reuses while it does not exceed
  // MAXAGE_CONN.
  const int64_t reuse_seconds = absl::ToInt64Seconds(reuse_for);
  OptionSetter set(easy_.get());
  set.Set(CURLOPT_PRIVATE, this)
      .Set(CURLOPT_CURLU, url_->handle.get())
      .Set(CURLOPT_HTTPHEADER, headers_.get())
      .Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()))
      .Set(CURLOPT_MAXAGE_CONN, static_cast<long>(std::max<int64_t>(reuse_seconds - 1, 0)))
      .Set(CURLOPT_FRESH_CONNECT, reuse_seconds >= 1 ? 0L : 1L)
      .Set(CURLOPT_READDATA, this)
      .Set(CURLOPT_PREREQDATA, this)
      .Set(CURLOPT_HEADERDATA, this)
      .Set(CURLOPT_WRITEDATA, this);
  return set.status();
}

HttpResult CurlTransfer::Finish(CURLcode code) {
  // Shut refuses only if the order may have left; and the body is never read before the gate
  // opened.
  if (gate_->Shut(NotSentCause(code))) return FinishUnsent("");
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  result_.http_status = static_cast<int>(status);
  // After an interim answer (1xx) or inside the headers libcurl may call a closed connection a
  // success.
  bool whole = code == CURLE_OK && headers_whole_ && status >= 200;
  result_.outcome = whole ? SendOutcome::kAnswered : SendOutcome::kInDoubt;
  if (!whole) result_.cause = std::string(InDoubtCause(code));
  return std::move(result_);
}

HttpResult CurlTransfer::FinishUnsent(absl::string_view cause) {
  gate_->Shut(cause);
  // A fresh one: nothing that came, say from a proxy, is an answer.
  HttpResult result;
  result.outcome = SendOutcome::kNotSent;
  result.cause = gate_->shut_cause();
  return result;
}

absl::string_view CurlTransfer::NotSentCause(CURLcode code) const {
  if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
    return "dns_failed";
  if (IsTlsFailure(code)) return "tls_failed";
  curl_off_t lookup_us = 0;
  if (code == CURLE_OPERATION_TIMEDOUT &&
      curl_easy_getinfo(easy_.get(), CURLINFO_NAMELOOKUP_TIME_T, &lookup_us) == CURLE_OK &&
      lookup_us == 0) {
    return "dns_failed";
  }
  return "connect_failed";
}

absl::string_view CurlTransfer::InDoubtCause(CURLcode code) const {
  if (answer_too_large_) return "answer_too_large";
  if (stopped_second_send_ || code == CURLE_SEND_FAIL_REWIND || code == CURLE_SEND_ERROR) {
    return "connection_closed_while_sending";
  }
  if (code == CURLE_OPERATION_TIMEDOUT && header_bytes_ == 0) return "no_answer";
  return "answer_cut";
}

bool CurlTransfer::ConnectionIsDead(int own_port) const {
  long new_connections = 0;
  bool known = curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &new_connections) == CURLE_OK;
  return known && new_connections == 0 && sockets_.HasEnded(own_port);
}

int CurlTransfer::OnBeforeSend(void* self, char*, char*, int, int own_port) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  if (!transfer->gate_let_through_ && transfer->ConnectionIsDead(own_port)) {
    transfer->met_dead_connection_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  if (transfer->gate_->Open()) {
    transfer->gate_let_through_ = true;
    transfer->sockets_.Hold(own_port);
    return CURL_PREREQFUNC_OK;
  }
  transfer->stopped_second_send_ = transfer->gate_let_through_;
  return CURL_PREREQFUNC_ABORT;
}

size_t CurlTransfer::OnReadBody(char* buffer, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  if (!transfer->gate_let_through_) return CURL_READFUNC_ABORT;
  size_t length = std::min(size * count, transfer->body_.size() - transfer->body_sent_);
  std::memcpy(buffer, transfer->body_.data() + transfer->body_sent_, length);
  transfer->body_sent_ += length;
  return length;
}

size_t CurlTransfer::OnHeader(char* line, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  size_t length = size * count;
  absl::string_view text = absl::StripTrailingAsciiWhitespace(absl::string_view(line, length));
  transfer->header_bytes_ += length;
  if (transfer->header_bytes_ > kMostHeaderBytes) {
    transfer->answer_too_large_ = true;
    return 0;
  }
  if (absl::StartsWith(text, "HTTP/")) {
    transfer->headers_whole_ = false;
    transfer->result_.date.clear();
    return length;
  }
  // What follows the headers is the trailer of a chunked body: it says nothing that we trust.
  if (transfer->headers_whole_) return length;
  if (text.empty()) transfer->headers_whole_ = true;
  std::pair<absl::string_view, absl::string_view> field =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  absl::string_view value = absl::StripAsciiWhitespace(field.second);
  if (absl::EqualsIgnoreCase(field.first, "date"))
    transfer->result_.date = std::string(value.substr(0, kLongestDate));
  if (absl::EqualsIgnoreCase(field.first, "keep-alive"))
    transfer->peer_keeps_for_ = ReadKeepAlive(value);
  return length;
}

// How long the body will be, as far as it is announced and believed.
size_t CurlTransfer::AnnouncedBytes() const {
  curl_off_t length = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return static_cast<size_t>(std::clamp<curl_off_t>(length, 0, kMostRoom));
}

size_t CurlTransfer::OnAnswer(char* bytes, size_t size, size_t count, void* self) {
  auto* transfer = static_cast<CurlTransfer*>(self);
  std::string& body = transfer->result_.body;
  if (body.empty()) body.reserve(transfer->AnnouncedBytes());
  size_t length = size * count;
  size_t room = transfer->options_.max_answer_bytes -
                std::min(body.size(), transfer->options_.max_answer_bytes);
  body.append(bytes, std::min(length, room));
  if (length <= room) return length;
  transfer->answer_too_large_ = true;
  return 0;
}

}  // namespace order1688
