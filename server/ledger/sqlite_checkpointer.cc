#include "server/ledger/sqlite_checkpointer.h"

#include <utility>

namespace order1688 {

absl::StatusOr<std::unique_ptr<SqliteCheckpointer>> SqliteCheckpointer::Open(
    const std::string& path) {
  absl::StatusOr<std::unique_ptr<SqliteConnection>> connection = SqliteConnection::Open(path);
  if (!connection.ok()) return connection.status();
  // Before its first read a connection does not know that there is a log, and copies nothing.
  const absl::StatusOr<int64_t> read = (*connection)->ReadInt("SELECT count(*) FROM sqlite_schema");
  if (!read.ok()) return read.status();
  return std::unique_ptr<SqliteCheckpointer>(new SqliteCheckpointer(*std::move(connection)));
}

SqliteCheckpointer::SqliteCheckpointer(std::unique_ptr<SqliteConnection> connection)
    : connection_(std::move(connection)), thread_([this] { Run(); }) {}

SqliteCheckpointer::~SqliteCheckpointer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SqliteCheckpointer::Start() {
  {
    const std::lock_guard lock(mutex_);
    busy_ = true;
  }
  wake_.notify_one();
}

bool SqliteCheckpointer::busy() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

absl::Status SqliteCheckpointer::broken() const {
  const std::lock_guard lock(mutex_);
  return broken_;
}

void SqliteCheckpointer::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closing_ || busy_; });
    if (closing_) return;
    lock.unlock();
    const absl::Status copied = connection_->Checkpoint();
    lock.lock();
    if (connection_->MustStop()) broken_.Update(copied);
    busy_ = false;
  }
}

}  // namespace order1688
