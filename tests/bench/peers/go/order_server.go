package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	v1 "order1688.internal/order1688/v1"
)

type orderServer struct {
	v1.UnimplementedOrderServiceServer
	client                          *http.Client
	url                             string
	accessKey, accessSecret, userID string
}

// The gateway's answer; amounts and ids stay text.
type batchAnswer struct {
	RequestID string           `json:"requestId"`
	Code      json.Number      `json:"code"`
	DevelopID string           `json:"developId"`
	Data      []map[string]any `json:"data"`
}

func (s *orderServer) PlaceOrders(ctx context.Context, request *v1.PlaceOrdersRequest) (*v1.PlaceOrdersResponse, error) {
	body, err := protojson.Marshal(request.Batch)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	answer, err := s.post(ctx, body)
	if err != nil {
		return nil, status.Error(codes.Unknown, err.Error())
	}
	placement := &v1.Placement{
		RequestId:        request.RequestId,
		Reference:        request.Reference,
		State:            v1.PlacementState_PLACEMENT_STATE_PLACED,
		GatewayRequestId: answer.RequestID,
		DevelopId:        answer.DevelopID,
	}
	for _, element := range answer.Data {
		result, err := resultOf(request.Batch, element)
		if err != nil {
			return nil, status.Error(codes.Unknown, err.Error())
		}
		placement.Results = append(placement.Results, result)
	}
	return &v1.PlaceOrdersResponse{Placement: placement}, nil
}

func resultOf(batch *v1.OrderBatch, element map[string]any) (*v1.OrderResult, error) {
	order := &v1.Order{}
	if err := readMessage(order.ProtoReflect(), element); err != nil {
		return nil, err
	}
	result := &v1.OrderResult{SellerOpenId: order.GetSellerOpenId(), Order: order, Outcome: v1.OrderOutcome_ORDER_OUTCOME_REFUSED}
	if order.GetBaseInfo().GetOrderId() != "" {
		result.Outcome = v1.OrderOutcome_ORDER_OUTCOME_PLACED
	}
	for line, cargo := range batch.CargoLines {
		if cargo.SellerOpenId == result.SellerOpenId {
			result.CargoIndexes = append(result.CargoIndexes, int32(line))
		}
	}
	return result, nil
}

func (s *orderServer) post(ctx context.Context, body []byte) (*batchAnswer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if err := s.sign(request.Header); err != nil {
		return nil, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	answer := &batchAnswer{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(answer); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK || answer.Code != "200" {
		return nil, fmt.Errorf("the gateway answered %d, code %s", response.StatusCode, answer.Code)
	}
	return answer, nil
}

func (s *orderServer) sign(header http.Header) error {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	timestamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	nonce := hex.EncodeToString(random)
	digest := md5.Sum([]byte(s.accessKey + timestamp + nonce + s.accessSecret))
	header.Set("Content-Type", "application/json")
	header.Set("access-key", s.accessKey)
	header.Set("user-id", s.userID)
	header.Set("timestamp", timestamp)
	header.Set("nonce-str", nonce)
	header.Set("signature", strings.ToUpper(hex.EncodeToString(digest[:])))
	return nil
}
