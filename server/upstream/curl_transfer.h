// One POST on one easy handle of libcurl. CurlTransport drives it.
#ifndef ORDER1688_SERVER_UPSTREAM_CURL_TRANSFER_H_
#define ORDER1688_SERVER_UPSTREAM_CURL_TRANSFER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/upstream/curl_handle.h"
#include "server/upstream/curl_request.h"
#include "server/upstream/curl_sockets.h"
#include "server/upstream/curl_transport.h"
#include "server/upstream/http_transport.h"

namespace order1688 {

// An easy handle for the transfers of one multi handle, one after the other, with all options that
// are the same for each. nullptr: libcurl refused one of them, or there is no memory. `options` and
// `sockets` must outlive it.
EasyHandle NewTransferHandle(const CurlTransportOptions& options, CurlSockets& sockets);

// Gives an easy handle its request, lets it through the gate once, collects the answer and says
// what it means. Prepare → the loop runs the handle → Finish, one thread at a time; `options` and
// `sockets` must outlive it. Its address is in the handle: it never moves.
class CurlTransfer {
 public:
  // `headers` may be empty: then the request was refused, and nothing may be sent.
  CurlTransfer(const CurlTransportOptions& options, CurlSockets& sockets, std::string body,
               HeaderList headers, std::shared_ptr<SendGate> gate, HttpTransport::Done done,
               absl::Duration posted_at);
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // Where to; null: the request was refused. Must outlive the transfer.
  void SetUrl(const CurlUrl* url) { url_ = url; }

  // Sets the options of this request in `easy`, which NewTransferHandle made. `reuse_for` is how
  // long a connection may have been idle; below one second a new one is made. The request must not
  // have been refused. An error: libcurl refused an option; nothing may be sent.
  absl::Status Prepare(EasyHandle easy, absl::Duration reuse_for);

  // What libcurl's result means. Decides the gate if it is undecided. Call once, after Prepare.
  HttpResult Finish(CURLcode code);

  // Decides the gate with `cause` if it is undecided, for a transfer that libcurl never ran or runs
  // no longer.
  HttpResult FinishUnsent(absl::string_view cause);

  // The peer had closed the reused connection before the gate was asked: the transfer may be
  // prepared again.
  bool met_dead_connection() const { return met_dead_connection_; }

  // libcurl tried to send a second time and was stopped.
  bool stopped_second_send() const { return stopped_second_send_; }

  // `Keep-Alive: timeout=` of the answer.
  std::optional<absl::Duration> peer_keeps_for() const { return peer_keeps_for_; }

  // Gives the easy handle back.
  EasyHandle TakeEasy() { return std::move(easy_); }

  CURL* easy() const { return easy_.get(); }
  bool refused() const { return headers_.empty() || url_ == nullptr; }
  SendGate& gate() const { return *gate_; }
  HttpTransport::Done& done() { return done_; }
  absl::Duration posted_at() const { return posted_at_; }
  // The request must not have been refused.
  const std::string& origin() const { return url_->origin; }

  // The callbacks of libcurl; `self` is the transfer.
  static int OnBeforeSend(void* self, char* peer_ip, char* own_ip, int peer_port, int own_port);
  static size_t OnReadBody(char* buffer, size_t size, size_t count, void* self);
  static size_t OnHeader(char* line, size_t size, size_t count, void* self);
  static size_t OnAnswer(char* bytes, size_t size, size_t count, void* self);

 private:
  size_t AnnouncedBytes() const;
  bool ConnectionIsDead(int own_port) const;
  absl::string_view NotSentCause(CURLcode code) const;
  absl::string_view InDoubtCause(CURLcode code) const;

  const CurlTransportOptions& options_;
  CurlSockets& sockets_;
  const std::string body_;
  HeaderList headers_;
  const std::shared_ptr<SendGate> gate_;
  HttpTransport::Done done_;
  const absl::Duration posted_at_;

  const CurlUrl* url_ = nullptr;
  EasyHandle easy_;  // goes before what it points to

  bool gate_let_through_ = false;
  bool met_dead_connection_ = false;
  bool stopped_second_send_ = false;
  size_t body_sent_ = 0;

  size_t header_bytes_ = 0;
  bool headers_whole_ = false;
  bool answer_too_large_ = false;
  std::optional<absl::Duration> peer_keeps_for_;
  HttpResult result_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_CURL_TRANSFER_H_
