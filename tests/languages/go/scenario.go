// The scenario of ../scenario.md in Go: the example to copy, with connect.go.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/code"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"order1688.internal/order1688"
	order1688v1 "order1688.internal/order1688/v1"
)

func stateName(state order1688v1.PlacementState) string {
	return strings.TrimPrefix(state.String(), "PLACEMENT_STATE_")
}

// moneyText never goes through a float.
func moneyText(money *order1688v1.Money) string {
	sign, units, nanos := "", money.GetUnits(), money.GetNanos()
	if units < 0 || nanos < 0 {
		sign, units, nanos = "-", -units, -nanos
	}
	return fmt.Sprintf("%s%d.%09d %s", sign, units, nanos, money.GetCurrencyCode())
}

func showPlacement(step string, placement *order1688v1.Placement) {
	show(step, "state", stateName(placement.GetState()))
	for _, result := range placement.GetResults() {
		base := result.GetOrder().GetBaseInfo()
		show(step, "order_id", base.GetOrderId())
		show(step, "total", moneyText(base.GetTotalAmount()))
		show(step, "seller", base.GetSellerContact().GetCompanyName())
		show(step, "receiver", base.GetReceiverInfo().GetToArea())
		show(step, "cargo", result.GetOrder().GetProductItems()[0].GetName())
	}
}

func showFailure(step string, err error) *order1688.OrderError {
	failure := order1688.ErrorOf(err)
	show(step, "code", code.Code(failure.Code))
	show(step, "reason", failure.Info.GetReason())
	return failure
}

func scenario(ctx context.Context) error {
	connection, err := connect(os.Getenv("ORDER1688_TOKEN"))
	if err != nil {
		return err
	}
	defer connection.Close()
	service := order1688v1.NewOrderServiceClient(connection)

	health, err := healthv1.NewHealthClient(connection).Check(ctx,
		&healthv1.HealthCheckRequest{Service: order1688v1.OrderService_ServiceDesc.ServiceName})
	if err != nil {
		return err
	}
	show("health", "status", health.GetStatus())

	order := sampleOrder("lang-place")
	placed, err := order1688.PlaceOrders(ctx, service, order)
	if err != nil {
		return err
	}
	showPlacement("place", placed.GetPlacement())

	replay, err := order1688.PlaceOrders(ctx, service, order)
	if err != nil {
		return err
	}
	showPlacement("replay", replay.GetPlacement())
	show("replay", "replayed", replay.GetReplayed())

	order.Batch.CargoLines[0].Quantity = 3
	_, err = order1688.PlaceOrders(ctx, service, order)
	mismatch := showFailure("mismatch", err)
	show("mismatch", "domain", mismatch.Info.GetDomain())
	for _, key := range sortedKeys(mismatch.Info.GetMetadata()) {
		show("mismatch", "metadata."+key, mismatch.Info.GetMetadata()[key])
	}

	order = sampleOrder("lang-violations")
	order.Batch.Address.FullName = ""
	order.Batch.CargoLines[0].Quantity = 0
	order.Batch.CargoLines[1].SellerOpenId = ""
	_, err = order1688.PlaceOrders(ctx, service, order)
	for _, violation := range showFailure("violations", err).Violations {
		show("violations", violation.GetField(), violation.GetDescription())
	}

	order = sampleOrder("lang-doubt")
	order.Batch.Address.FullName = "王失联"
	_, err = order1688.PlaceOrders(ctx, service, order)
	doubt := showFailure("in_doubt", err)
	show("in_doubt", "metadata.next", doubt.Info.GetMetadata()["next"])
	show("in_doubt", "metadata.orderMayExist", doubt.Info.GetMetadata()["orderMayExist"])

	if err := watch(ctx, service); err != nil {
		return err
	}
	if err := list(ctx, service); err != nil {
		return err
	}

	stranger, err := connect("wrong")
	if err != nil {
		return err
	}
	defer stranger.Close()
	_, err = order1688v1.NewOrderServiceClient(stranger).GetPlacement(ctx,
		&order1688v1.GetPlacementRequest{RequestId: "lang-place"})
	showFailure("wrong_token", err)
	return nil
}

func watch(ctx context.Context, service order1688v1.OrderServiceClient) error {
	stream, err := service.WatchPlacement(ctx, &order1688v1.WatchPlacementRequest{RequestId: "lang-doubt"})
	if err != nil {
		return err
	}
	for resolved := false; ; resolved = true {
		message, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		show("watch", "state", stateName(message.GetPlacement().GetState()))
		if resolved {
			continue
		}
		_, err = service.ResolvePlacement(ctx, &order1688v1.ResolvePlacementRequest{
			RequestId: "lang-doubt", Verdict: order1688v1.PlacementState_PLACEMENT_STATE_CLOSED, Reason: "scenario",
			Attempt: message.GetPlacement().GetAttempt(),
		})
		if err != nil {
			return err
		}
	}
}

func list(ctx context.Context, service order1688v1.OrderServiceClient) error {
	request := &order1688v1.ListPlacementsRequest{PageSize: 1}
	for page := 1; ; page++ {
		response, err := service.ListPlacements(ctx, request)
		if err != nil {
			return err
		}
		for _, placement := range response.GetPlacements() {
			show("list", fmt.Sprint("page", page), placement.GetRequestId()+" "+stateName(placement.GetState()))
		}
		if request.PageToken = response.GetNextPageToken(); request.PageToken == "" {
			return nil
		}
	}
}

func sortedKeys(metadata map[string]string) []string {
	keys := make([]string, 0, len(metadata))
	for key := range metadata {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
