// Where tests find the files of the project and the programs that were built.
#ifndef ORDER1688_TESTS_SUPPORT_PROJECT_PATHS_H_
#define ORDER1688_TESTS_SUPPORT_PROJECT_PATHS_H_

#include <string>

namespace order1688 {

// Absolute path of a file of the checkout, e.g. SourceFile("tests/vectors/metrics.txt").
std::string SourceFile(const std::string& path);

// Absolute path of a file of this build, e.g. BuiltFile("bin/order1688").
std::string BuiltFile(const std::string& path);

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_PROJECT_PATHS_H_
