// A peer between a PostgreSQL client and its server that cuts the connection when told.
#ifndef ORDER1688_TESTS_SUPPORT_CUTTING_PROXY_H_
#define ORDER1688_TESTS_SUPPORT_CUTTING_PROXY_H_

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"

namespace order1688 {

// Listens on a Unix socket in a folder of its own and forwards to the server's socket.
class CuttingProxy {
 public:
  enum class Cut {
    kNone,
    kAfterCommit,   // the server gets the COMMIT and answers it; the client only sees the end
    kBeforeCommit,  // the server never gets the COMMIT
    // The client sees the end; the server gets the COMMIT when ReleaseCommit is called.
    kHeldCommit,
  };

  // `server_socket` is a path.
  explicit CuttingProxy(const std::string& server_socket);
  // Ends all connections.
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  // The folder to give to clients as `host`.
  const std::string& folder() const { return folder_.path(); }

  // Cuts at the next `times` COMMITs.
  void CutNext(Cut cut, int times = 1);
  // Blocks until a COMMIT is held, or lets it go and waits until the server has answered it.
  void WaitForHeldCommit();
  void ReleaseCommit();
  // How many COMMITs were cut.
  int cuts() const { return cuts_; }
  // Refuses clients, or takes them again.
  void SetRefusing(bool refusing) { refusing_ = refusing; }

 private:
  void Accept();
  void Serve(int client);
  // The cut that strikes at this COMMIT.
  Cut TakeCut();
  void Finish(int client, int server, Cut cut, const std::string& bytes);

  const std::string server_socket_;
  TempFolder folder_;
  int listening_ = -1;
  std::atomic<int> cuts_ = 0;
  std::atomic<bool> refusing_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  Cut cut_ = Cut::kNone;  // guarded by mutex_, as is all below
  int times_ = 0;
  bool held_ = false;
  bool released_ = false;
  bool answered_ = false;
  bool stopped_ = false;
  std::vector<int> open_;             // own duplicates, to end what a thread still reads
  std::vector<std::thread> threads_;  // accepting thread only, then the destructor
  std::thread accepting_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_CUTTING_PROXY_H_
