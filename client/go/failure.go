package order1688

import (
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Failure is what a failed call says about the order.
type Failure struct {
	// Code is the gRPC code of the last try.
	Code codes.Code
	// Info is the service's own error, of the last try: reason, and metadata with `next` and others. nil: there is none.
	Info *errdetails.ErrorInfo
	// Violations are all fields that the service refused.
	Violations []*errdetails.BadRequest_FieldViolation
	// OrderMayExist is true if an order may exist or may still be made, by any try of the call; always if the last one
	// got no ErrorInfo, since its outcome is unknown. Ask again with the same request_id, never with a new one.
	OrderMayExist bool

	retryDelay time.Duration
	err        error
}

// FailureOf reads the error of PlaceOrders, or of one call of the generated client. err must not be nil.
func FailureOf(err error) *Failure {
	var known *Failure
	if errors.As(err, &known) {
		return known
	}
	s := status.Convert(err)
	failure := &Failure{Code: s.Code(), OrderMayExist: true, err: err}
	for _, detail := range s.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.Domain == "order1688" {
				failure.Info = detail
				failure.OrderMayExist = detail.Metadata["orderMayExist"] != "no"
			}
		case *errdetails.BadRequest:
			failure.Violations = detail.FieldViolations
		case *errdetails.RetryInfo:
			failure.retryDelay = detail.RetryDelay.AsDuration()
		}
	}
	return failure
}

// Error is the message of the last try. It may hold text of the gateway, so it does not belong into a log.
func (f *Failure) Error() string { return f.err.Error() }

// Unwrap returns the gRPC error of the last try.
func (f *Failure) Unwrap() error { return f.err }

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

func (f *Failure) mayTryAgain() bool {
	if f.Info == nil {
		return true
	}
	switch f.Info.Metadata["next"] {
	case "SAME_ID_NOW":
		return f.Info.Reason != "DEADLINE_TOO_SHORT" // the deadline only gets shorter
	case "SAME_ID_LATER":
		return f.retryDelay > 0
	}
	return false
}
