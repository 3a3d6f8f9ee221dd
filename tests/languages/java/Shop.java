import com.order1688.client.OrderException;
import com.order1688.v1.Address;
import com.order1688.v1.Cargo;
import com.order1688.v1.OrderBatch;
import com.order1688.v1.PlaceOrdersRequest;
import io.grpc.CallCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;

/** A connection to the service, the token, the sample order; and how the programs here print. */
final class Shop {
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private Shop() {}

  static ManagedChannel openChannel() throws IOException {
    var tls = TlsChannelCredentials.newBuilder().trustManager(new File(System.getenv("ORDER1688_CA_FILE"))).build();
    return Grpc.newChannelBuilder(System.getenv("ORDER1688_ADDRESS"), tls).build();
  }

  /** The token that goes with every call. */
  static final class Bearer extends CallCredentials {
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

  static PlaceOrdersRequest.Builder sampleOrder(String requestId) {
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

  /** What a call that must fail says. */
  static OrderException failureOf(Runnable call) {
    try {
      call.run();
    } catch (OrderException error) {
      return error;
    } catch (StatusRuntimeException error) {
      return new OrderException(error);
    }
    throw new AssertionError("the call did not fail");
  }

  static void showFailure(String step, OrderException error) {
    show(step, "code", error.code());
    show(step, "reason", error.reason());
  }

  static void show(String step, String field, Object value) {
    OUT.println(step + "\t" + field + "\t" + value);
  }
}
