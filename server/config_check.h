// The rules of a configuration that one text alone shows. Nothing here opens a file.
#ifndef ORDER1688_SERVER_CONFIG_CHECK_H_
#define ORDER1688_SERVER_CONFIG_CHECK_H_

#include "order1688/config/v1/server_config.pb.h"
#include "server/config_text.h"

namespace order1688 {

// Reports every rule that `config`, completed with its defaults, breaks, to `root`.
void CheckConfig(const config::v1::ServerConfig& config, const ConfigPlace& root);

}  // namespace order1688

#endif  // ORDER1688_SERVER_CONFIG_CHECK_H_
