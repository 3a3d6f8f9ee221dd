// Package order1688 places orders on 1688 through the service order1688, each at most once: a deadline, safe retries
// under the caller's request_id, and "an error without our ErrorInfo means that the outcome is unknown". Everything
// else is the generated code in order1688.internal/order1688/v1.
package order1688

import (
	"context"
	"math/rand"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	order1688v1 "order1688.internal/order1688/v1"
)

// DefaultTimeout is the time for PlaceOrders with all its tries if the context has no deadline. Give at least the
// server's gateway timeout (30 s unless configured) + 5 s.
const DefaultTimeout = 60 * time.Second

const (
	mostTries    = 5
	firstPause   = 200 * time.Millisecond
	longestPause = 5 * time.Second
	// With less than this left the service refuses, so another try is only noise.
	leastForATry = time.Second
)

// PlaceOrders places a batch, at most once however often it is called with the same request_id. Make the request_id
// and keep it BEFORE the first call: it is never made here, because a new id after a crash is a second purchase.
//
// It tries again, always with the same request, where that is safe. The error is a *OrderError. If ctx is cancelled, an
// order that is on its way goes on: ask again with the same request_id to get its outcome.
func PlaceOrders(ctx context.Context, service order1688v1.OrderServiceClient, request *order1688v1.PlaceOrdersRequest,
	options ...grpc.CallOption) (*order1688v1.PlaceOrdersResponse, error) {
	if request.GetRequestId() == "" {
		return nil, &OrderError{err: status.Error(codes.InvalidArgument, "request_id is empty: make one and keep it before the call")}
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
	}
	deadline, _ := ctx.Deadline()

	orderMayExist := false
	for try, pause := 1, firstPause; ; try, pause = try+1, min(2*pause, longestPause) {
		response, err := service.PlaceOrders(ctx, request, options...)
		if err == nil {
			return response, nil
		}
		failed := ErrorOf(err)
		orderMayExist = failed.OrderMayExist || (orderMayExist && !settlesEarlierTries[failed.Info.GetReason()])
		failed.OrderMayExist = orderMayExist

		// Cut to between half and all of it, so that many clients do not come back at once.
		wait := pause/2 + time.Duration(rand.Int63n(int64(pause/2)))
		if failed.RetryDelay > wait {
			wait = failed.RetryDelay
		}
		if !failed.mayTryAgain() || try == mostTries || time.Until(deadline) < wait+leastForATry {
			return nil, failed
		}
		select {
		case <-ctx.Done():
			return nil, failed
		case <-time.After(wait):
		}
	}
}

func min(a, b time.Duration) time.Duration {
	if a < b {
		return a
	}
	return b
}
