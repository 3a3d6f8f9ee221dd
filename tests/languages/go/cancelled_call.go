// A caller that goes away while its order is on its way: the order goes on, and the same request_id gets it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"

	"order1688.internal/order1688"
	order1688v1 "order1688.internal/order1688/v1"
)

// countedService counts the tries.
type countedService struct {
	order1688v1.OrderServiceClient
	tries int
}

func (s *countedService) PlaceOrders(ctx context.Context, request *order1688v1.PlaceOrdersRequest,
	options ...grpc.CallOption) (*order1688v1.PlaceOrdersResponse, error) {
	s.tries++
	return s.OrderServiceClient.PlaceOrders(ctx, request, options...)
}

func cancelledCall(ctx context.Context) error {
	connection, err := connect(os.Getenv("ORDER1688_TOKEN"))
	if err != nil {
		return err
	}
	defer connection.Close()
	service := &countedService{OrderServiceClient: order1688v1.NewOrderServiceClient(connection)}
	plan := `[{"id": "held", "fault": {"kind": "hold"}}]`
	if _, err := askSandbox(ctx, http.MethodPost, "/plans", plan); err != nil {
		return err
	}

	order := sampleOrder("lang-cancelled")
	cancelled, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := order1688.PlaceOrders(cancelled, service, order)
		ended <- err
	}()
	if _, err := askSandbox(ctx, http.MethodGet, "/wait?plan=held&holding=1&timeout_ms=60000", ""); err != nil {
		return err
	}
	cancel() // the gateway has the order, and has not answered yet
	failed := order1688.ErrorOf(<-ended)
	show("cancelled", "code", code.Code(failed.Code))
	show("cancelled", "reason", failed.Info.GetReason())
	show("cancelled", "order_may_exist", failed.OrderMayExist)
	show("cancelled", "tries", service.tries)

	read, err := service.GetPlacement(ctx, &order1688v1.GetPlacementRequest{RequestId: order.GetRequestId()})
	if err != nil {
		return err
	}
	show("goes_on", "state", stateName(read.GetPlacement().GetState()))
	if _, err := askSandbox(ctx, http.MethodPost, "/release", `{"id": "held"}`); err != nil {
		return err
	}

	again, err := order1688.PlaceOrders(ctx, service, order)
	if err != nil {
		return err
	}
	show("again", "attempt", again.GetPlacement().GetAttempt())
	showPlacement("again", again.GetPlacement())
	counts, err := askSandbox(ctx, http.MethodGet, "/counts", "")
	if err != nil {
		return err
	}
	show("sandbox", "requests", counts["requests_begun"])
	return nil
}

// askSandbox calls the admin port of the stand-in gateway.
func askSandbox(ctx context.Context, method, path, body string) (map[string]any, error) {
	request, err := http.NewRequestWithContext(ctx, method, os.Getenv("ORDER1688_SANDBOX")+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var answer map[string]any
	if err := json.Unmarshal(text, &answer); err != nil || response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the sandbox answered %s: %s", response.Status, text)
	}
	return answer, nil
}
