import com.google.rpc.BadRequest.FieldViolation;
import com.order1688.client.OrderException;
import com.order1688.client.Orders;
import com.order1688.v1.GetPlacementRequest;
import com.order1688.v1.ListPlacementsRequest;
import com.order1688.v1.Money;
import com.order1688.v1.OrderBaseInfo;
import com.order1688.v1.OrderResult;
import com.order1688.v1.OrderServiceGrpc;
import com.order1688.v1.OrderServiceGrpc.OrderServiceBlockingStub;
import com.order1688.v1.PlaceOrdersRequest;
import com.order1688.v1.PlaceOrdersResponse;
import com.order1688.v1.Placement;
import com.order1688.v1.PlacementState;
import com.order1688.v1.ResolvePlacementRequest;
import com.order1688.v1.WatchPlacementRequest;
import com.order1688.v1.WatchPlacementResponse;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** The scenario of ../scenario.md in Java: the example to copy, with Shop. */
final class Scenario {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final OrderServiceBlockingStub stub;

  private Scenario(OrderServiceBlockingStub stub) {
    this.stub = stub;
  }

  public static void main(String[] args) throws IOException {
    ManagedChannel channel = Shop.openChannel();
    try {
      var health = HealthGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
      var service = HealthCheckRequest.newBuilder().setService(OrderServiceGrpc.SERVICE_NAME).build();
      Shop.show("health", "status", health.check(service).getStatus());

      OrderServiceBlockingStub stub = OrderServiceGrpc.newBlockingStub(channel);
      new Scenario(stub.withCallCredentials(new Shop.Bearer(System.getenv("ORDER1688_TOKEN")))).run();
      new Scenario(stub.withCallCredentials(new Shop.Bearer("wrong"))).runWithWrongToken();
    } finally {
      channel.shutdownNow();
    }
  }

  private void run() {
    showPlaced("place", Orders.place(stub, Shop.sampleOrder("lang-place").build(), TIMEOUT));
    PlaceOrdersResponse replay = Orders.place(stub, Shop.sampleOrder("lang-place").build(), TIMEOUT);
    showPlaced("replay", replay);
    Shop.show("replay", "replayed", replay.getReplayed());

    PlaceOrdersRequest.Builder other = Shop.sampleOrder("lang-place");
    other.getBatchBuilder().getCargoLinesBuilder(0).setQuantity(3);
    OrderException mismatch = Shop.failureOf(() -> Orders.place(stub, other.build(), TIMEOUT));
    Shop.showFailure("mismatch", mismatch);
    Shop.show("mismatch", "domain", mismatch.info().orElseThrow().getDomain());
    new TreeMap<>(mismatch.info().orElseThrow().getMetadataMap())
        .forEach((key, value) -> Shop.show("mismatch", "metadata." + key, value));

    PlaceOrdersRequest.Builder wrong = Shop.sampleOrder("lang-violations");
    wrong.getBatchBuilder().getAddressBuilder().setFullName("");
    wrong.getBatchBuilder().getCargoLinesBuilder(0).setQuantity(0);
    wrong.getBatchBuilder().getCargoLinesBuilder(1).setSellerOpenId("");
    OrderException violations = Shop.failureOf(() -> Orders.place(stub, wrong.build(), TIMEOUT));
    Shop.showFailure("violations", violations);
    for (FieldViolation violation : violations.violations()) {
      Shop.show("violations", violation.getField(), violation.getDescription());
    }

    PlaceOrdersRequest.Builder lost = Shop.sampleOrder("lang-doubt");
    lost.getBatchBuilder().getAddressBuilder().setFullName("王失联");
    OrderException inDoubt = Shop.failureOf(() -> Orders.place(stub, lost.build(), TIMEOUT));
    Shop.showFailure("in_doubt", inDoubt);
    for (String key : new String[] {"next", "orderMayExist"}) {
      Shop.show("in_doubt", "metadata." + key, inDoubt.info().orElseThrow().getMetadataOrThrow(key));
    }

    watch();
    list();
  }

  private void runWithWrongToken() {
    var request = GetPlacementRequest.newBuilder().setRequestId("lang-place").build();
    Shop.showFailure("wrong_token", Shop.failureOf(() -> within60s().getPlacement(request)));
  }

  private void watch() {
    var request = WatchPlacementRequest.newBuilder().setRequestId("lang-doubt").build();
    var verdict =
        ResolvePlacementRequest.newBuilder()
            .setRequestId("lang-doubt")
            .setVerdict(PlacementState.PLACEMENT_STATE_CLOSED)
            .setReason("scenario");
    boolean resolved = false;
    for (Iterator<WatchPlacementResponse> changes = within60s().watchPlacement(request); changes.hasNext(); ) {
      Shop.show("watch", "state", shortName(changes.next().getPlacement().getState()));
      if (!resolved) within60s().resolvePlacement(verdict.build());
      resolved = true;
    }
  }

  private void list() {
    var query = ListPlacementsRequest.newBuilder().setPageSize(1);
    int number = 0;
    do {
      var page = within60s().listPlacements(query.build());
      number++;
      for (Placement placement : page.getPlacementsList()) {
        Shop.show("list", "page" + number, placement.getRequestId() + " " + shortName(placement.getState()));
      }
      query.setPageToken(page.getNextPageToken());
    } while (!query.getPageToken().isEmpty());
  }

  private OrderServiceBlockingStub within60s() {
    return stub.withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static void showPlaced(String step, PlaceOrdersResponse response) {
    Shop.show(step, "state", shortName(response.getPlacement().getState()));
    for (OrderResult result : response.getPlacement().getResultsList()) {
      OrderBaseInfo base = result.getOrder().getBaseInfo();
      Shop.show(step, "order_id", base.getOrderId());
      Shop.show(step, "total", moneyText(base.getTotalAmount()));
      Shop.show(step, "seller", base.getSellerContact().getCompanyName());
      Shop.show(step, "receiver", base.getReceiverInfo().getToArea());
      Shop.show(step, "cargo", result.getOrder().getProductItems(0).getName());
    }
  }

  private static String shortName(PlacementState state) {
    return state.name().replaceFirst("^PLACEMENT_STATE_", "");
  }

  /** Never goes through a double. */
  private static String moneyText(Money money) {
    String sign = money.getUnits() < 0 || money.getNanos() < 0 ? "-" : "";
    return String.format(
        Locale.ROOT, "%s%d.%09d %s", sign, Math.abs(money.getUnits()), Math.abs(money.getNanos()), money.getCurrencyCode());
  }
}
