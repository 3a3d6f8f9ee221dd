import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import com.order1688.client.OrderException;
import com.order1688.client.Orders;
import com.order1688.v1.OrderServiceGrpc;
import com.order1688.v1.OrderServiceGrpc.OrderServiceBlockingStub;
import com.order1688.v1.PlaceOrdersRequest;
import com.order1688.v1.PlaceOrdersResponse;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.StatusException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** The rules of Orders.place, against a gRPC server in this process that fails as ../helper_rules.tsv says. */
final class Helper {
  /** Fails as it is told, then succeeds. */
  private static final class FailingService extends OrderServiceGrpc.OrderServiceImplBase {
    volatile String requestId = "";
    volatile String[] failures = {};
    volatile int tries;

    void reset(String requestId, String... failures) {
      this.requestId = requestId;
      this.failures = failures;
      tries = 0;
    }

    @Override
    public void placeOrders(PlaceOrdersRequest request, StreamObserver<PlaceOrdersResponse> answer) {
      int number = tries++;
      if (!request.getRequestId().equals(requestId)) {
        answer.onError(StatusProto.toStatusException(failureOf("ABORTED")));
      } else if (number < failures.length) {
        String word = failures[number];
        answer.onError(word.endsWith(":garbage") ? garbage() : StatusProto.toStatusException(failureOf(word)));
      } else {
        answer.onNext(PlaceOrdersResponse.getDefaultInstance());
        answer.onCompleted();
      }
    }
  }

  private static StatusException garbage() {
    Metadata trailers = new Metadata();
    trailers.put(Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER), new byte[] {(byte) 0xff});
    return io.grpc.Status.FAILED_PRECONDITION.asException(trailers);
  }

  /** The error that a word of helper_rules.tsv describes. */
  private static Status failureOf(String word) {
    String[] parts = word.split(":");
    Status.Builder failure = Status.newBuilder().setCode(Code.valueOf(parts[0]).getNumber());
    if (parts.length == 2) {
      failure.addDetails(
          Any.newBuilder()
              .setTypeUrl("type.googleapis.com/google.rpc.ErrorInfo")
              .setValue(ByteString.copyFrom(new byte[] {(byte) 0xff})));
    } else if (parts.length > 2) {
      failure.addDetails(
          Any.pack(
              ErrorInfo.newBuilder()
                  .setReason(parts[1])
                  .setDomain(parts.length > 5 ? parts[5] : "order1688")
                  .putMetadata("next", parts[2])
                  .putMetadata("orderMayExist", parts[3])
                  .build()));
    }
    if (parts.length > 4) {
      long ms = Long.parseLong(parts[4]);
      var delay =
          com.google.protobuf.Duration.newBuilder().setSeconds(ms / 1000).setNanos((int) (ms % 1000) * 1_000_000);
      failure.addDetails(Any.pack(RetryInfo.newBuilder().setRetryDelay(delay).build()));
    }
    return failure.build();
  }

  public static void main(String[] args) throws IOException {
    FailingService service = new FailingService();
    Server server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create()).addService(service).build().start();
    ManagedChannel channel =
        Grpc.newChannelBuilder("localhost:" + server.getPort(), InsecureChannelCredentials.create()).build();
    try {
      OrderServiceBlockingStub stub = OrderServiceGrpc.newBlockingStub(channel);
      for (String line : Files.readAllLines(Path.of(System.getenv("ORDER1688_HELPER_RULES")))) {
        if (!line.startsWith("#")) tryRule(service, stub, line.split("\t"));
      }
      service.reset("");
      boolean refused = false;
      try {
        Orders.place(stub, PlaceOrdersRequest.getDefaultInstance(), Duration.ofSeconds(60));
      } catch (IllegalArgumentException error) {
        refused = true;
      }
      Shop.show("no_request_id", "tries", service.tries);
      Shop.show("no_request_id", "refused", refused);
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }

  private static void tryRule(FailingService service, OrderServiceBlockingStub stub, String[] rule) {
    String name = rule[0];
    service.reset(name, rule[3].split(" "));
    PlaceOrdersRequest request = PlaceOrdersRequest.newBuilder().setRequestId(name).build();
    OrderException error = null;
    long start = System.nanoTime();
    try {
      Orders.place(stub, request, Duration.ofMillis(Long.parseLong(rule[1])));
    } catch (OrderException failed) {
      error = failed;
    }
    long tookMs = (System.nanoTime() - start) / 1_000_000;
    Shop.show(name, "tries", service.tries);
    Shop.show(name, "waited_enough", tookMs >= Long.parseLong(rule[2]));
    if (error == null) {
      Shop.show(name, "code", "OK");
    } else {
      Shop.showFailure(name, error);
      Shop.show(name, "order_may_exist", error.orderMayExist());
    }
  }
}
