// The rules of the gateway accounts of a configuration.
#ifndef ORDER1688_SERVER_CONFIG_ACCOUNT_CHECK_H_
#define ORDER1688_SERVER_CONFIG_ACCOUNT_CHECK_H_

#include "order1688/config/v1/server_config.pb.h"
#include "server/config_text.h"

namespace order1688 {

// Reports every rule that the accounts of `config`, completed with their defaults, break.
void CheckAccounts(const config::v1::ServerConfig& config, const ConfigPlace& root);

}  // namespace order1688

#endif  // ORDER1688_SERVER_CONFIG_ACCOUNT_CHECK_H_
