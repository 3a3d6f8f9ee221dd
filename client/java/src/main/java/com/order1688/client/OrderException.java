package com.order1688.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a failed call says about the order. Without ErrorInfo of the service the outcome is unknown: ask again with the
 * same request_id, never with a new one. The message may hold text of the gateway, so it does not belong into a log.
 */
public final class OrderException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final String DOMAIN = "order1688";

  /** Answers that come out of the ledger's row: only they tell what became of an earlier try. */
  private static final Set<String> FROM_THE_ROW =
      Set.of(
          "REQUEST_ID_REUSED",
          "GATEWAY_UNREACHABLE",
          "GATEWAY_REJECTED",
          "GATEWAY_AUTHENTICATION",
          "GATEWAY_THROTTLED",
          "PLACEMENT_CLOSED");

  private final Status.Code code;
  private final List<Any> details;
  private final boolean orderMayExist;

  /** Reads the failure of one call of the generated client. */
  public OrderException(StatusRuntimeException failure) {
    this(failure, false);
  }

  /** {@code earlierMayExist}: an earlier try of the same call may have placed an order. */
  OrderException(StatusRuntimeException failure, boolean earlierMayExist) {
    super(failure.getMessage(), failure);
    code = failure.getStatus().getCode();
    details = detailsOf(failure);
    boolean saysNo = info().map(info -> "no".equals(info.getMetadataMap().get("orderMayExist"))).orElse(false);
    orderMayExist = !saysNo || (earlierMayExist && !FROM_THE_ROW.contains(reason()));
  }

  /** The gRPC code of the last try. */
  public Status.Code code() {
    return code;
  }

  /** The service's own error, of the last try: reason, and metadata with `next` and others. */
  public Optional<ErrorInfo> info() {
    return detail(ErrorInfo.class).filter(info -> info.getDomain().equals(DOMAIN));
  }

  /** An ErrorReason without its prefix, such as `OUTCOME_IN_DOUBT`; empty if there is no info. */
  public String reason() {
    return info().map(ErrorInfo::getReason).orElse("");
  }

  /** All fields that the service refused. */
  public List<BadRequest.FieldViolation> violations() {
    return detail(BadRequest.class).map(BadRequest::getFieldViolationsList).orElse(List.of());
  }

  /** How long to wait before asking again, if the service names a time. */
  public Optional<Duration> retryDelay() {
    return detail(RetryInfo.class)
        .map(RetryInfo::getRetryDelay)
        .map(delay -> Duration.ofSeconds(delay.getSeconds(), delay.getNanos()));
  }

  /** False only if it is sure that no try of the call placed an order. */
  public boolean orderMayExist() {
    return orderMayExist;
  }

  private static List<Any> detailsOf(StatusRuntimeException failure) {
    try {
      com.google.rpc.Status status = StatusProto.fromThrowable(failure);
      return status == null ? List.of() : status.getDetailsList();
    } catch (IllegalArgumentException notOfTheService) {
      return List.of();
    }
  }

  private <T extends Message> Optional<T> detail(Class<T> type) {
    try {
      for (Any detail : details) {
        if (detail.is(type)) return Optional.of(detail.unpack(type));
      }
    } catch (InvalidProtocolBufferException notOfTheService) {
      return Optional.empty();
    }
    return Optional.empty();
  }
}
