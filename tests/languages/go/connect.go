package main

import (
	"context"
	"fmt"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"

	order1688v1 "order1688.internal/order1688/v1"
)

// bearer is the token that goes with every call.
type bearer string

func (token bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(token)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }

func connect(token string) (*grpc.ClientConn, error) {
	tls, err := credentials.NewClientTLSFromFile(os.Getenv("ORDER1688_CA_FILE"), "")
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(os.Getenv("ORDER1688_ADDRESS"), grpc.WithTransportCredentials(tls),
		grpc.WithPerRPCCredentials(bearer(token)))
}

func sampleOrder(requestID string) *order1688v1.PlaceOrdersRequest {
	return &order1688v1.PlaceOrdersRequest{
		RequestId: requestID,
		Reference: "语言测试",
		Batch: &order1688v1.OrderBatch{
			Flow: "general",
			Address: &order1688v1.Address{
				FullName:     "李小明",
				Mobile:       proto.String("13800000001"),
				ProvinceText: proto.String("浙江省"),
				CityText:     proto.String("杭州市"),
				AreaText:     proto.String("西湖区"),
				TownText:     proto.String("转塘街道"),
				Address:      "象山路1号 3幢-201室",
			},
			CargoLines: []*order1688v1.Cargo{
				{OfferMapId: proto.String("offer-1"), SpecId: proto.String("spec-1"), Quantity: 2, SellerOpenId: "seller-1"},
				{OfferMapId: proto.String("offer-2"), SpecId: proto.String("spec-2"), Quantity: 1.5, SellerOpenId: "seller-2"},
			},
		},
	}
}

func show(step, field string, value any) { fmt.Printf("%s\t%s\t%v\n", step, field, value) }
