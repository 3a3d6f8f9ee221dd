import com.order1688.client.OrderException;
import com.order1688.client.Orders;
import com.order1688.v1.GetPlacementRequest;
import com.order1688.v1.OrderServiceGrpc;
import com.order1688.v1.OrderServiceGrpc.OrderServiceBlockingStub;
import com.order1688.v1.PlaceOrdersRequest;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A request above the server's 1 MiB: refused, and the same request_id places the mended one. */
final class OversizeMessage {
  public static void main(String[] args) throws IOException {
    ManagedChannel channel = Shop.openChannel();
    try {
      OrderServiceBlockingStub stub =
          OrderServiceGrpc.newBlockingStub(channel)
              .withCallCredentials(new Shop.Bearer(System.getenv("ORDER1688_TOKEN")));
      PlaceOrdersRequest order = Shop.sampleOrder("lang-oversize").build();
      PlaceOrdersRequest oversize = order.toBuilder().setReference("长".repeat(500_000)).build();
      OrderException error = Shop.failureOf(() -> Orders.place(stub, oversize, Duration.ofSeconds(60)));
      Shop.showFailure("oversize", error);
      Shop.show("oversize", "order_may_exist", error.orderMayExist());

      var query = GetPlacementRequest.newBuilder().setRequestId("lang-oversize").build();
      var read = stub.withDeadlineAfter(60, TimeUnit.SECONDS);
      Shop.showFailure("nothing_stored", Shop.failureOf(() -> read.getPlacement(query)));
      var placed = Orders.place(stub, order, Duration.ofSeconds(60));
      Shop.show("mended", "state", placed.getPlacement().getState());
    } finally {
      channel.shutdownNow();
    }
  }
}
