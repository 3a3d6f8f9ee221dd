package order1688

import (
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// OrderError is what a failed call says about the order.
type OrderError struct {
	// Code is the gRPC code of the last try.
	Code codes.Code
	// Info is the service's own error, of the last try: reason, and metadata with `next` and others. nil: there is none.
	Info *errdetails.ErrorInfo
	// Violations are all fields that the service refused.
	Violations []*errdetails.BadRequest_FieldViolation
	// OrderMayExist is true if an order may exist or may still be made, by any try of the call; always if the last one
	// got no ErrorInfo, since its outcome is unknown. Ask again with the same request_id, never with a new one.
	OrderMayExist bool
	// RetryDelay is how long to wait before asking again; 0 if the service names no time.
	RetryDelay time.Duration

	err error
}

// ErrorOf reads the error of PlaceOrders, or of one call of the generated client. err must not be nil.
func ErrorOf(err error) *OrderError {
	var known *OrderError
	if errors.As(err, &known) {
		return known
	}
	s := status.Convert(err)
	found := &OrderError{Code: s.Code(), OrderMayExist: true, err: err}
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.Domain == "order1688" {
				found.Info = detail
				found.OrderMayExist = detail.Metadata["orderMayExist"] != "no"
			}
		case *errdetails.BadRequest:
			found.Violations = detail.FieldViolations
		case *errdetails.RetryInfo:
			found.RetryDelay = detail.RetryDelay.AsDuration()
		}
	}
	return found
}

// Error is the message of the last try. It may hold text of the gateway, so it does not belong into a log.
func (e *OrderError) Error() string { return e.err.Error() }

// Unwrap returns the gRPC error of the last try.
func (e *OrderError) Unwrap() error { return e.err }

// settlesEarlierTries holds the reasons that come out of the ledger's row of a request_id. Only they tell what became of
// an earlier try: the others are given before the ledger is read, or while that try may still be on its way to it.
var settlesEarlierTries = map[string]bool{
	"REQUEST_ID_REUSED":      true,
	"GATEWAY_UNREACHABLE":    true,
	"GATEWAY_REJECTED":       true,
	"GATEWAY_AUTHENTICATION": true,
	"GATEWAY_THROTTLED":      true,
	"PLACEMENT_CLOSED":       true,
}

func (e *OrderError) mayTryAgain() bool {
	if e.Info == nil {
		return true
	}
	switch e.Info.Metadata["next"] {
	case "SAME_ID_NOW":
		return e.Info.Reason != "DEADLINE_TOO_SHORT" // the deadline only gets shorter
	case "SAME_ID_LATER":
		return e.RetryDelay > 0
	}
	return false
}
