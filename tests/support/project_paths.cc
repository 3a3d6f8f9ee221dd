#include "tests/support/project_paths.h"

namespace order1688 {

std::string SourceFile(const std::string& path) { return ORDER1688_SOURCE_DIR "/" + path; }

std::string BuiltFile(const std::string& path) { return ORDER1688_BINARY_DIR "/" + path; }

}  // namespace order1688
