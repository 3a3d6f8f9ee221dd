#include "server/ops/grpc_log.h"

#include <grpc/support/log.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace order1688 {
namespace {

// Never destroyed: threads of gRPC may write until the very end.
const Log& KeptLog(const Log* given = nullptr) {
  static const Log* const kKept = new Log(*given);
  return *kKept;
}

void WriteMessage(gpr_log_func_args* args) {
  const absl::string_view path = args->file;
  const std::string place = absl::StrCat(path.substr(path.rfind('/') + 1), ":", args->line);
  auto write = args->severity == GPR_LOG_SEVERITY_ERROR  ? &Log::Error
               : args->severity == GPR_LOG_SEVERITY_INFO ? &Log::Info
                                                         : &Log::Debug;
  (KeptLog().*write)("grpc", {{"place", place}, {"message", args->message}});
}

}  // namespace

void SendGrpcMessagesTo(const Log& log) {
  KeptLog(&log);
  gpr_set_log_function(&WriteMessage);
}

}  // namespace order1688
