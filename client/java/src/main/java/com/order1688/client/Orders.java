package com.order1688.client;

import com.order1688.v1.OrderServiceGrpc.OrderServiceBlockingStub;
import com.order1688.v1.PlaceOrdersRequest;
import com.order1688.v1.PlaceOrdersResponse;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** PlaceOrders with a deadline and with retries that never buy twice. Everything else is the generated code. */
public final class Orders {
  private static final int MOST_TRIES = 5;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  // With less than this left the service refuses, so another try is only noise.
  private static final Duration LEAST_FOR_A_TRY = Duration.ofSeconds(1);

  private Orders() {}

  /**
   * Places a batch, at most once however often it is called with the same request_id. Choose the request_id and keep it
   * BEFORE the first call: it is never made here, because a new id after a crash is a second purchase.
   *
   * <p>Tries again, always under that id, when the answer holds no ErrorInfo of the service (outcome unknown) or says that
   * the same id may be asked again. An interrupted thread gets the last failure at once, and stays interrupted.
   *
   * @param timeout for all tries together; at least the server's gateway timeout (30 s unless configured) + 5 s
   * @throws OrderException if the service or gRPC says no
   * @throws IllegalArgumentException before any call, if there is no request_id
   */
  public static PlaceOrdersResponse place(
      OrderServiceBlockingStub stub, PlaceOrdersRequest request, Duration timeout) {
    if (request.getRequestId().isEmpty()) {
      throw new IllegalArgumentException("request_id is required: choose it and keep it before the first call");
    }
    long end = System.nanoTime() + timeout.toNanos();
    Duration pause = FIRST_PAUSE;
    boolean mayExist = false;
    for (int tries = 1; ; tries++) {
      try {
        return stub.withDeadlineAfter(end - System.nanoTime(), TimeUnit.NANOSECONDS).placeOrders(request);
      } catch (StatusRuntimeException failure) {
        OrderException error = new OrderException(failure, mayExist);
        Duration wait = longer(cutByChance(pause), error.retryDelay().orElse(Duration.ZERO));
        Duration left = Duration.ofNanos(end - System.nanoTime());
        if (!mayTryAgain(error) || tries == MOST_TRIES || left.compareTo(wait.plus(LEAST_FOR_A_TRY)) < 0) throw error;
        mayExist = error.orderMayExist();
        try {
          Thread.sleep(wait.toMillis());
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          throw error;
        }
        Duration next = pause.multipliedBy(2);
        pause = next.compareTo(LONGEST_PAUSE) < 0 ? next : LONGEST_PAUSE;
      }
    }
  }

  private static boolean mayTryAgain(OrderException error) {
    if (error.info().isEmpty()) return true;
    switch (error.info().get().getMetadataOrDefault("next", "")) {
      case "SAME_ID_NOW":
        return !error.reason().equals("DEADLINE_TOO_SHORT"); // the deadline only gets shorter
      case "SAME_ID_LATER":
        return error.retryDelay().isPresent();
      default:
        return false;
    }
  }

  /** To between half and all of it, so that many clients do not come back at once. */
  private static Duration cutByChance(Duration pause) {
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(pause.toMillis() / 2, pause.toMillis() + 1));
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }
}
