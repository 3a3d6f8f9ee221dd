// The rules of order1688.PlaceOrders, against a gRPC server in this process that fails as ../helper_rules.tsv says.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	"order1688.internal/order1688"
	order1688v1 "order1688.internal/order1688/v1"
)

// failingService fails as it is told, then succeeds; tries under another request_id are not answered with OK.
type failingService struct {
	order1688v1.UnimplementedOrderServiceServer
	requestID string
	failures  []string
	tries     int
}

func (s *failingService) PlaceOrders(ctx context.Context, request *order1688v1.PlaceOrdersRequest) (*order1688v1.PlaceOrdersResponse, error) {
	s.tries++
	if request.GetRequestId() != s.requestID {
		return nil, fmt.Errorf("another request_id: %s", request.GetRequestId())
	}
	if s.tries <= len(s.failures) {
		return nil, failureOf(ctx, s.failures[s.tries-1])
	}
	return &order1688v1.PlaceOrdersResponse{}, nil
}

// failureOf makes the error that a word of helper_rules.tsv describes.
func failureOf(ctx context.Context, word string) error {
	parts := strings.Split(word, ":")
	failure := &rpcstatus.Status{Code: code.Code_value[parts[0]]}
	if parts[len(parts)-1] == "garbage" {
		if err := grpc.SetTrailer(ctx, metadata.Pairs("grpc-status-details-bin", "\xff")); err != nil {
			panic(err)
		}
	} else if len(parts) == 2 {
		failure.Details = append(failure.Details, &anypb.Any{
			TypeUrl: "type.googleapis.com/google.rpc.ErrorInfo", Value: []byte{0xff}})
	} else if len(parts) > 2 {
		info := &errdetails.ErrorInfo{Reason: parts[1], Domain: "order1688",
			Metadata: map[string]string{"next": parts[2], "orderMayExist": parts[3]}}
		if len(parts) > 5 {
			info.Domain = parts[5]
		}
		failure.Details = append(failure.Details, packed(info))
		if len(parts) > 4 {
			failure.Details = append(failure.Details, packed(&errdetails.RetryInfo{RetryDelay: durationpb.New(milliseconds(parts[4]))}))
		}
	}
	return status.ErrorProto(failure)
}

func packed(detail proto.Message) *anypb.Any {
	any, err := anypb.New(detail)
	if err != nil {
		panic(err)
	}
	return any
}

func milliseconds(text string) time.Duration {
	number, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return time.Duration(number) * time.Millisecond
}

func helper(context.Context) error {
	service := &failingService{}
	server := grpc.NewServer()
	order1688v1.RegisterOrderServiceServer(server, service)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go server.Serve(listener)
	defer server.Stop()
	connection, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	client := order1688v1.NewOrderServiceClient(connection)

	rules, err := os.ReadFile(os.Getenv("ORDER1688_HELPER_RULES"))
	if err != nil {
		return err
	}
	for _, line := range strings.Split(strings.TrimSpace(string(rules)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		rule := strings.Split(line, "\t")
		*service = failingService{requestID: rule[0], failures: strings.Fields(rule[3])}
		ctx, cancel := context.WithTimeout(context.Background(), milliseconds(rule[1]))
		start := time.Now()
		_, err := order1688.PlaceOrders(ctx, client, &order1688v1.PlaceOrdersRequest{RequestId: rule[0]})
		cancel()
		show(rule[0], "tries", service.tries)
		show(rule[0], "waited_enough", time.Since(start) >= milliseconds(rule[2]))
		showOutcome(rule[0], err)
	}

	*service = failingService{}
	_, err = order1688.PlaceOrders(context.Background(), client, &order1688v1.PlaceOrdersRequest{})
	show("no_request_id", "tries", service.tries)
	show("no_request_id", "refused", err != nil)
	return nil
}

func showOutcome(step string, err error) {
	if err == nil {
		show(step, "code", "OK")
		return
	}
	failed := order1688.ErrorOf(err)
	show(step, "code", code.Code(failed.Code))
	show(step, "reason", failed.Info.GetReason())
	show(step, "order_may_exist", failed.OrderMayExist)
}
