#include "tests/bench/port_file.h"

#include <cstdio>
#include <fstream>

namespace order1688 {

bool WritePortFile(const std::string& path, int port) {
  const std::string unfinished = path + ".tmp";
  std::ofstream file(unfinished);
  file << "{\"port\":" << port << "}\n";
  file.close();
  return file.good() && std::rename(unfinished.c_str(), path.c_str()) == 0;
}

}  // namespace order1688
