// Copies the ledger's write-ahead log into its file, beside the COMMITs.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_CHECKPOINTER_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_CHECKPOINTER_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/ledger/sqlite_connection.h"

namespace order1688 {

// One thread with a connection of its own. SQLite can only begin the log anew when all of it has
// been copied: under load the writer copies the little that came meanwhile itself.
class SqliteCheckpointer {
 public:
  // `path` as in SqliteConnection::Open; the log must exist.
  static absl::StatusOr<std::unique_ptr<SqliteCheckpointer>> Open(const std::string& path);

  // Waits for the copying that is under way.
  ~SqliteCheckpointer();

  // Starts to copy what is in the log now; no effect while it is copying.
  void Start();

  // Whether it is copying: nobody else may then.
  bool busy() const;

  // Not OK once an error showed that the file cannot be trusted any more, as in
  // SqliteConnection::MustStop. Other errors do no harm: the next copying does it again.
  absl::Status broken() const;

 private:
  explicit SqliteCheckpointer(std::unique_ptr<SqliteConnection> connection);
  void Run();

  const std::unique_ptr<SqliteConnection> connection_;  // thread_ only
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool busy_ = false;  // guarded by mutex_, like the rest
  bool closing_ = false;
  absl::Status broken_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_CHECKPOINTER_H_
