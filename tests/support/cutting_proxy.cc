#include "tests/support/cutting_proxy.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace order1688 {
namespace {

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

// The end of a message Query, or the text of a message Parse.
const std::string kCommit("COMMIT\0", 7);

bool SendAll(int to, const std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = send(to, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<size_t>(n);
  }
  return true;
}

// What arrived; empty at the end.
std::string Receive(int from) {
  char buffer[65536];
  const ssize_t n = recv(from, buffer, sizeof(buffer), 0);
  return n <= 0 ? std::string() : std::string(buffer, static_cast<size_t>(n));
}

}  // namespace

CuttingProxy::CuttingProxy(const std::string& server_socket) : server_socket_(server_socket) {
  listening_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(folder_.File(".s.PGSQL.5432"));
  EXPECT_EQ(bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(listen(listening_, 16), 0);
  accepting_ = std::thread([this] { Accept(); });
}

CuttingProxy::~CuttingProxy() {
  ReleaseCommit();
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const int open : open_) shutdown(open, SHUT_RDWR);
  }
  shutdown(listening_, SHUT_RDWR);
  accepting_.join();
  for (std::thread& thread : threads_) thread.join();
  for (const int open : open_) close(open);
  close(listening_);
}

void CuttingProxy::CutNext(Cut cut, int times) {
  const std::lock_guard lock(mutex_);
  cut_ = cut;
  times_ = times;
  held_ = released_ = answered_ = false;
}

void CuttingProxy::WaitForHeldCommit() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return held_; });
}

void CuttingProxy::ReleaseCommit() {
  std::unique_lock lock(mutex_);
  released_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !held_ || answered_; });
}

void CuttingProxy::Accept() {
  while (true) {
    const int client = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const std::lock_guard lock(mutex_);
    if (stopped_ || refusing_) {
      close(client);
      continue;
    }
    open_.push_back(dup(client));
    threads_.emplace_back([this, client] { Serve(client); });
  }
}

void CuttingProxy::Serve(int client) {
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(server_socket_);
  bool going = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  while (going) {
    pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (poll(ends, 2, -1) < 0) break;
    if (ends[1].revents != 0) {
      const std::string bytes = Receive(server);
      going = !bytes.empty() && SendAll(client, bytes);
    }
    if (going && ends[0].revents != 0) {
      const std::string bytes = Receive(client);
      const bool commits = bytes.find(kCommit) != std::string::npos;
      const Cut cut = commits ? TakeCut() : Cut::kNone;
      if (cut == Cut::kNone) {
        going = !bytes.empty() && SendAll(server, bytes);
      } else {
        Finish(client, server, cut, bytes);
        going = false;
      }
    }
  }
  shutdown(client, SHUT_RDWR);
  close(client);
  close(server);
}

CuttingProxy::Cut CuttingProxy::TakeCut() {
  const std::lock_guard lock(mutex_);
  if (times_ == 0) return Cut::kNone;
  --times_;
  return cut_;
}

void CuttingProxy::Finish(int client, int server, Cut cut, const std::string& bytes) {
  ++cuts_;
  if (cut == Cut::kAfterCommit) {
    SendAll(server, bytes);
    // The answer shows that it is done; the client does not get it.
    Receive(server);
  }
  if (cut == Cut::kHeldCommit) {
    shutdown(client, SHUT_RDWR);
    std::unique_lock lock(mutex_);
    held_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return released_; });
    lock.unlock();
    SendAll(server, bytes);
    Receive(server);
    lock.lock();
    answered_ = true;
    changed_.notify_all();
  }
}

}  // namespace order1688
