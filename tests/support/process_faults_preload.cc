// The library that ProcessFaults preloads into a server: it stands between the server and the
// kernel for files of the ledger, connections to its database and to the gateway, and the wall
// clock. Linked into nothing.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

namespace {

// How far the order is; the process sends one.
enum class Stage { kReserve, kSending, kRecord };

// What a connection to the database does.
struct Transaction {
  bool writes = false;      // begun as one that may write
  bool committing = false;  // COMMIT was sent
};

struct Run {
  std::mutex mutex;
  std::map<int, Transaction> transactions;  // by descriptor; guarded by mutex
  Stage stage = Stage::kReserve;            // guarded by mutex
  int sends = 0;                            // to the gateway; guarded by mutex
  std::string answer;                       // guarded by mutex
};

// Never destroyed: threads may write while the process ends.
Run& TheRun() {
  static Run* run = new Run;
  return *run;
}

std::string FaultFile(const char* name) {
  const char* folder = std::getenv("ORDER1688_FAULT_FOLDER");
  return std::string(folder == nullptr ? "/nonexistent" : folder) + "/" + name;
}

std::string FaultNow() {
  const int file = open(FaultFile("fault").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  char text[64];
  const ssize_t size = read(file, text, sizeof(text));
  close(file);
  return size <= 0 ? "" : std::string(text, static_cast<size_t>(size));
}

void NoteHit(const std::string& fault) {
  const int file = open(FaultFile("hits").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string line = fault + "\n";
  (void)syscall(SYS_write, file, line.data(), line.size());
  close(file);
}

[[noreturn]] void Die(const std::string& point) {
  NoteHit(point);
  kill(getpid(), SIGKILL);
  while (true) pause();
}

// The process is here now: it dies or stops, if that is what the fault says.
void Reach(const std::string& point) {
  const std::string fault = FaultNow();
  if (fault == point) Die(point);
  if (fault != "stop_" + point) return;
  NoteHit(fault);
  // To this thread: sent to the process, it would reach another one, and this one would go on a
  // bit.
  syscall(SYS_tgkill, getpid(), gettid(), SIGSTOP);
}

bool IsLedgerFile(int fd) {
  char name[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), name, sizeof(name));
  const std::string path(name, size < 0 ? 0 : static_cast<size_t>(size));
  const std::string ending = "ledger.db";
  return path.find(ending) != std::string::npos && path.find("-shm") == std::string::npos;
}

bool IsGateway(const sockaddr* address) {
  const char* port = std::getenv("ORDER1688_FAULT_GATEWAY_PORT");
  return port != nullptr && address->sa_family == AF_INET &&
         ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port) == std::atoi(port);
}

bool IsGatewaySocket(int fd) {
  sockaddr_storage peer = {};
  socklen_t size = sizeof(peer);
  auto* address = reinterpret_cast<sockaddr*>(&peer);
  return getpeername(fd, address, &size) == 0 && IsGateway(address);
}

// "reserve", "record", or "" in between.
std::string LedgerStage() {
  const std::lock_guard lock(TheRun().mutex);
  switch (TheRun().stage) {
    case Stage::kReserve:
      return "reserve";
    case Stage::kSending:
      return "";
    case Stage::kRecord:
      return "record";
  }
  return "";
}

// How far the wall clock is ahead, or null if nobody says.
const std::atomic<int64_t>* ShareClock() {
  const int file = open(FaultFile("clock").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* shared = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  return shared == MAP_FAILED ? nullptr : static_cast<const std::atomic<int64_t>*>(shared);
}

int ReadClock(clockid_t clock, timespec* time) {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  static const std::atomic<int64_t>* const kAhead = ShareClock();
  if (clock != CLOCK_REALTIME || result != 0 || kAhead == nullptr) return result;
  constexpr int64_t kSecond = 1000000000;
  const int64_t nanoseconds = time->tv_nsec + *kAhead % kSecond + kSecond;
  time->tv_sec += *kAhead / kSecond + nanoseconds / kSecond - 1;
  time->tv_nsec = nanoseconds % kSecond;
  return result;
}

ssize_t WriteLedger(int fd, const void* bytes, size_t size, off_t offset) {
  const std::string fault = FaultNow();
  if (!fault.empty() && IsLedgerFile(fd)) {
    const std::string write = LedgerStage() + "_write";
    Reach("before_" + write);
    const bool torn = fault == "torn_" + write;
    if (torn || fault == "disk_full") syscall(SYS_pwrite64, fd, bytes, size / 2, offset);
    if (torn) Die(fault);
    if (fault == "disk_full") {
      NoteHit(fault);
      errno = ENOSPC;
      return -1;
    }
  }
  return syscall(SYS_pwrite64, fd, bytes, size, offset);
}

int SyncLedger(int fd, long system_call) {
  const std::string fault = FaultNow();
  if (fault.empty() || !IsLedgerFile(fd)) return static_cast<int>(syscall(system_call, fd));
  const std::string sync = LedgerStage() + "_sync";
  Reach("before_" + sync);
  if (fault == "sync_fails") {
    NoteHit(fault);
    errno = EIO;
    return -1;
  }
  const int result = static_cast<int>(syscall(system_call, fd));
  Reach("after_" + sync);
  return result;
}

ssize_t SendToGateway(int fd, const void* bytes, size_t size, int flags) {
  bool is_head = false;
  {
    const std::lock_guard lock(TheRun().mutex);
    TheRun().stage = Stage::kSending;
    is_head = TheRun().sends++ == 0;
  }
  const std::string part = is_head ? "head" : "body";
  Reach("before_" + part);
  if (FaultNow() == "torn_" + part) {
    syscall(SYS_sendto, fd, bytes, size / 2, flags, nullptr, 0);
    Die("torn_" + part);
  }
  const ssize_t sent = syscall(SYS_sendto, fd, bytes, size, flags, nullptr, 0);
  if (!is_head) Reach("after_body");
  return sent;
}

bool IsDatabase(int fd) {
  sockaddr_un peer = {};
  socklen_t size = sizeof(peer);
  return getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
         peer.sun_family == AF_UNIX && std::strstr(peer.sun_path, ".s.PGSQL.") != nullptr;
}

// A transaction that may write is the ledger's write, its COMMIT the sync.
ssize_t SendToDatabase(int fd, const void* bytes, size_t size, int flags) {
  const std::string text(static_cast<const char*>(bytes), size);
  const bool begin =
      text.find("BEGIN") != std::string::npos && text.find("READ WRITE") != std::string::npos;
  const bool commit =
      text.find("COMMIT") != std::string::npos && text.find("SET ") == std::string::npos;
  bool inside = false;
  {
    const std::lock_guard lock(TheRun().mutex);
    Transaction& transaction = TheRun().transactions[fd];
    inside = transaction.writes && !begin && !commit;
    transaction.committing = commit && transaction.writes;
    transaction.writes = begin || inside;
  }
  const std::string stage = LedgerStage();
  if (begin) Reach("before_" + stage + "_write");
  const std::string torn = "torn_" + stage + "_write";
  if (inside && FaultNow() == torn) {
    syscall(SYS_sendto, fd, bytes, size / 2, flags, nullptr, 0);
    Die(torn);
  }
  if (commit) Reach("before_" + stage + "_sync");
  const ssize_t sent = syscall(SYS_sendto, fd, bytes, size, flags, nullptr, 0);
  if (commit) Reach("unread_" + stage + "_sync");
  return sent;
}

ssize_t ReadFromDatabase(int fd, void* bytes, size_t size, int flags) {
  const ssize_t got = syscall(SYS_recvfrom, fd, bytes, size, flags, nullptr, nullptr);
  if (got <= 0) return got;
  bool committed = false;
  {
    const std::lock_guard lock(TheRun().mutex);
    Transaction& transaction = TheRun().transactions[fd];
    committed = transaction.committing;
    transaction.committing = false;
  }
  if (committed) Reach("after_" + LedgerStage() + "_sync");
  return got;
}

bool IsWholeAnswer(const std::string& answer) {
  const size_t head = answer.find("\r\n\r\n");
  const std::string name = "Content-Length: ";
  const size_t length = answer.find(name);
  if (head == std::string::npos || length == std::string::npos) return false;
  return answer.size() >=
         head + 4 + std::strtoul(answer.c_str() + length + name.size(), nullptr, 10);
}

ssize_t ReadFromGateway(int fd, void* bytes, size_t size, int flags) {
  char byte = 0;
  const bool there = syscall(SYS_recvfrom, fd, &byte, 1, flags | MSG_PEEK, nullptr, nullptr) > 0;
  if (there) Reach("before_answer_read");
  const bool torn = FaultNow() == "torn_answer_read";
  if (torn) size = std::min<size_t>(size, 100);
  const ssize_t got = syscall(SYS_recvfrom, fd, bytes, size, flags, nullptr, nullptr);
  if (got <= 0) return got;
  if (torn) Die("torn_answer_read");
  bool whole = false;
  {
    const std::lock_guard lock(TheRun().mutex);
    TheRun().answer.append(static_cast<const char*>(bytes), static_cast<size_t>(got));
    whole = IsWholeAnswer(TheRun().answer);
    if (whole) TheRun().stage = Stage::kRecord;
  }
  if (whole) Reach("after_answer_read");
  return got;
}

}  // namespace

// What the rest of the process calls, under the names of the C library.
extern "C" {
ssize_t Pwrite(int fd, const void* bytes, size_t size, off_t offset) asm("pwrite");
ssize_t Pwrite64(int fd, const void* bytes, size_t size, off64_t offset) asm("pwrite64");
int Fsync(int fd) asm("fsync");
int Fdatasync(int fd) asm("fdatasync");
int ClockGettime(clockid_t clock, timespec* time) asm("clock_gettime");
int Connect(int fd, const sockaddr* address, socklen_t size) asm("connect");
ssize_t Send(int fd, const void* bytes, size_t size, int flags) asm("send");
ssize_t Recv(int fd, void* bytes, size_t size, int flags) asm("recv");
}

ssize_t Pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return WriteLedger(fd, bytes, size, offset);
}

ssize_t Pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  return WriteLedger(fd, bytes, size, offset);
}

int Fsync(int fd) { return SyncLedger(fd, SYS_fsync); }

int Fdatasync(int fd) { return SyncLedger(fd, SYS_fdatasync); }

int ClockGettime(clockid_t clock, timespec* time) { return ReadClock(clock, time); }

int Connect(int fd, const sockaddr* address, socklen_t size) {
  if (IsGateway(address)) Reach("before_connect");
  return static_cast<int>(syscall(SYS_connect, fd, address, size));
}

ssize_t Send(int fd, const void* bytes, size_t size, int flags) {
  if (IsGatewaySocket(fd)) return SendToGateway(fd, bytes, size, flags);
  if (IsDatabase(fd)) return SendToDatabase(fd, bytes, size, flags);
  return syscall(SYS_sendto, fd, bytes, size, flags, nullptr, 0);
}

ssize_t Recv(int fd, void* bytes, size_t size, int flags) {
  const bool peeks = (flags & MSG_PEEK) != 0;
  if (!peeks && IsGatewaySocket(fd)) return ReadFromGateway(fd, bytes, size, flags);
  if (!peeks && IsDatabase(fd)) return ReadFromDatabase(fd, bytes, size, flags);
  return syscall(SYS_recvfrom, fd, bytes, size, flags, nullptr, nullptr);
}
