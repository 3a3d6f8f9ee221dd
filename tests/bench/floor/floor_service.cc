// The floor of the benchmark: what gRPC and libcurl alone cost. Takes PlaceOrders as raw bytes,
// posts a body that was made at start, and returns a response that was made at start. No mapping,
// no signing, no checks, no ledger. Runs until it is killed.
#include <cstdio>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "tests/bench/floor/floor_calls.h"
#include "tests/bench/floor/gateway_client.h"
#include "tests/bench/port_file.h"
#include "tests/bench/raise_file_limit.h"
#include "tests/bench/sample_order.h"

namespace order1688 {
namespace {

struct Options {
  std::string listen;
  std::string gateway;
  std::string port_file;
};

int Serve(const Options& options) {
  RaiseFileLimit();
  FloorService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto queue = builder.AddCompletionQueue();
  const auto server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::fprintf(stderr, "floor_service: cannot listen on %s\n", options.listen.c_str());
    return 1;
  }
  if (!WritePortFile(options.port_file, port)) {
    std::fprintf(stderr, "floor_service: cannot write %s\n", options.port_file.c_str());
    return 1;
  }
  GatewayClient gateway(options.gateway + "/v2/alibaba/order/batch/create", SampleBody());
  ServeFloorCalls(service, *queue, gateway, SampleResponse().SerializeAsString());
}

int Main(int argc, char** argv) {
  CLI::App app{"floor_service: what gRPC and libcurl alone cost."};
  Options options;
  app.add_option("--listen", options.listen, "HOST:PORT; port 0: any free one")->required();
  app.add_option("--gateway", options.gateway, "base URL of the gateway")->required();
  app.add_option("--port-file", options.port_file, "write the bound port there, as JSON")
      ->required();
  CLI11_PARSE(app, argc, argv);
  return Serve(options);
}

}  // namespace
}  // namespace order1688

int main(int argc, char** argv) { return order1688::Main(argc, argv); }
