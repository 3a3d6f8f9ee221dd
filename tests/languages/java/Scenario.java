import com.google.rpc.BadRequest.FieldViolation;
import com.order1688.client.OrderException;
import com.order1688.client.Orders;
import com.order1688.v1.Address;
import com.order1688.v1.Cargo;
import com.order1688.v1.GetPlacementRequest;
import com.order1688.v1.ListPlacementsRequest;
import com.order1688.v1.Money;
import com.order1688.v1.OrderBaseInfo;
import com.order1688.v1.OrderBatch;
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
import io.grpc.CallCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** The scenario of ../scenario.md in Java: the example to copy. */
final class Scenario {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private final OrderServiceBlockingStub stub;

  private Scenario(OrderServiceBlockingStub stub) {
    this.stub = stub;
  }

  public static void main(String[] args) throws IOException {
    ManagedChannel channel = openChannel();
    try {
      var health = HealthGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
      var service = HealthCheckRequest.newBuilder().setService(OrderServiceGrpc.SERVICE_NAME).build();
      show("health", "status", health.check(service).getStatus());

      OrderServiceBlockingStub stub = OrderServiceGrpc.newBlockingStub(channel);
      new Scenario(stub.withCallCredentials(new Bearer(System.getenv("ORDER1688_TOKEN")))).run();
      new Scenario(stub.withCallCredentials(new Bearer("wrong"))).runWithWrongToken();
    } finally {
      channel.shutdownNow();
    }
  }

  private static ManagedChannel openChannel() throws IOException {
    var tls = TlsChannelCredentials.newBuilder().trustManager(new File(System.getenv("ORDER1688_CA_FILE"))).build();
    return Grpc.newChannelBuilder(System.getenv("ORDER1688_ADDRESS"), tls).build();
  }

  /** The token that goes with every call. */
  private static final class Bearer extends CallCredentials {
    private static final Metadata.Key<String> AUTHORIZATION =
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private final Metadata headers = new Metadata();

    Bearer(String token) {
      headers.put(AUTHORIZATION, "Bearer " + token);
    }

    @Override
    public void applyRequestMetadata(RequestInfo call, Executor executor, MetadataApplier applier) {
      applier.apply(headers);
    }
  }

  private void run() {
    showPlaced("place", Orders.place(stub, sampleOrder("lang-place").build(), TIMEOUT));
    PlaceOrdersResponse replay = Orders.place(stub, sampleOrder("lang-place").build(), TIMEOUT);
    showPlaced("replay", replay);
    show("replay", "replayed", replay.getReplayed());

    PlaceOrdersRequest.Builder other = sampleOrder("lang-place");
    other.getBatchBuilder().getCargoLinesBuilder(0).setQuantity(3);
    OrderException mismatch = failureOf(() -> Orders.place(stub, other.build(), TIMEOUT));
    showFailure("mismatch", mismatch);
    show("mismatch", "domain", mismatch.info().orElseThrow().getDomain());
    new TreeMap<>(mismatch.info().orElseThrow().getMetadataMap())
        .forEach((key, value) -> show("mismatch", "metadata." + key, value));

    PlaceOrdersRequest.Builder wrong = sampleOrder("lang-violations");
    wrong.getBatchBuilder().getAddressBuilder().setFullName("");
    wrong.getBatchBuilder().getCargoLinesBuilder(0).setQuantity(0);
    wrong.getBatchBuilder().getCargoLinesBuilder(1).setSellerOpenId("");
    OrderException violations = failureOf(() -> Orders.place(stub, wrong.build(), TIMEOUT));
    showFailure("violations", violations);
    for (FieldViolation violation : violations.violations()) {
      show("violations", violation.getField(), violation.getDescription());
    }

    PlaceOrdersRequest.Builder lost = sampleOrder("lang-doubt");
    lost.getBatchBuilder().getAddressBuilder().setFullName("王失联");
    OrderException inDoubt = failureOf(() -> Orders.place(stub, lost.build(), TIMEOUT));
    showFailure("in_doubt", inDoubt);
    for (String key : new String[] {"next", "orderMayExist"}) {
      show("in_doubt", "metadata." + key, inDoubt.info().orElseThrow().getMetadataOrThrow(key));
    }

    watch();
    list();
  }

  private void runWithWrongToken() {
    var request = GetPlacementRequest.newBuilder().setRequestId("lang-place").build();
    showFailure("wrong_token", failureOf(() -> within60s().getPlacement(request)));
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
      show("watch", "state", shortName(changes.next().getPlacement().getState()));
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
        show("list", "page" + number, placement.getRequestId() + " " + shortName(placement.getState()));
      }
      query.setPageToken(page.getNextPageToken());
    } while (!query.getPageToken().isEmpty());
  }

  private OrderServiceBlockingStub within60s() {
    return stub.withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static PlaceOrdersRequest.Builder sampleOrder(String requestId) {
    var address =
        Address.newBuilder()
            .setFullName("李小明")
            .setMobile("13800000001")
            .setProvinceText("浙江省")
            .setCityText("杭州市")
            .setAreaText("西湖区")
            .setTownText("转塘街道")
            .setAddress("象山路1号 3幢-201室");
    var first = Cargo.newBuilder().setOfferMapId("offer-1").setSpecId("spec-1").setQuantity(2).setSellerOpenId("seller-1");
    var second = Cargo.newBuilder().setOfferMapId("offer-2").setSpecId("spec-2").setQuantity(1.5).setSellerOpenId("seller-2");
    return PlaceOrdersRequest.newBuilder()
        .setRequestId(requestId)
        .setReference("语言测试")
        .setBatch(
            OrderBatch.newBuilder().setFlow("general").setAddress(address).addCargoLines(first).addCargoLines(second));
  }

  private static void showPlaced(String step, PlaceOrdersResponse response) {
    show(step, "state", shortName(response.getPlacement().getState()));
    for (OrderResult result : response.getPlacement().getResultsList()) {
      OrderBaseInfo base = result.getOrder().getBaseInfo();
      show(step, "order_id", base.getOrderId());
      show(step, "total", moneyText(base.getTotalAmount()));
      show(step, "seller", base.getSellerContact().getCompanyName());
      show(step, "receiver", base.getReceiverInfo().getToArea());
      show(step, "cargo", result.getOrder().getProductItems(0).getName());
    }
  }

  /** What a call that must fail says. */
  private static OrderException failureOf(Runnable call) {
    try {
      call.run();
    } catch (OrderException error) {
      return error;
    } catch (StatusRuntimeException error) {
      return new OrderException(error);
    }
    throw new AssertionError("the call did not fail");
  }

  private static void showFailure(String step, OrderException error) {
    show(step, "code", error.code());
    show(step, "reason", error.reason());
  }

  private static String shortName(PlacementState state) {
    return state.name().replaceFirst("^PLACEMENT_STATE_", "");
  }

  /** Never goes through a double. */
  private static String moneyText(Money money) {
    String sign = money.getUnits() < 0 || money.getNanos() < 0 ? "-" : "";
    return String.format(
        "%s%d.%09d %s", sign, Math.abs(money.getUnits()), Math.abs(money.getNanos()), money.getCurrencyCode());
  }

  private static void show(String step, String field, Object value) {
    OUT.println(step + "\t" + field + "\t" + value);
  }
}
