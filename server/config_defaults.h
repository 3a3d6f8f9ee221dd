// The defaults of the configuration, each in one place.
#ifndef ORDER1688_SERVER_CONFIG_DEFAULTS_H_
#define ORDER1688_SERVER_CONFIG_DEFAULTS_H_

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "order1688/config/v1/server_config.pb.h"
#include "server/config_text.h"

namespace order1688 {

// Sets every field of `config` that has a default and that the text at `root` does not set. A field
// that is set to 0 or "" keeps that, for the checks to judge.
void FillDefaults(const ConfigPlace& root, config::v1::ServerConfig* config);

// Conversions between the configuration's durations and ours. A duration out of protobuf's rules
// becomes infinite, or negatively infinite, which no range holds.
absl::Duration FromProto(const google::protobuf::Duration& duration);
google::protobuf::Duration ToProto(absl::Duration duration);

// The longest gateway timeout of all accounts, 5 s more: what a stop must leave to placements on
// their way.
absl::Duration LeastShutdownGrace(const config::v1::ServerConfig& config);

}  // namespace order1688

#endif  // ORDER1688_SERVER_CONFIG_DEFAULTS_H_
