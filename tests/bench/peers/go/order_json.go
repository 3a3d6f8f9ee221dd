package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	v1 "order1688.internal/order1688/v1"
)

// Sent in fen; every other amount is in yuan.
var fenFields = map[protoreflect.FullName]bool{
	"order1688.v1.OrderBaseInfo.discount":               true,
	"order1688.v1.OrderBaseInfo.refund_payment":         true,
	"order1688.v1.OrderBaseInfo.official_solution_cost": true,
	"order1688.v1.ProductItem.entry_discount":           true,
	"order1688.v1.OrderInvoice.amount":                  true,
}

// readMessage fills message from the gateway's JSON by the json_name of each field. protojson cannot: it takes no bare
// number for a message or a string.
func readMessage(message protoreflect.Message, object map[string]any) error {
	fields := message.Descriptor().Fields()
	for key, value := range object {
		field := fields.ByJSONName(key)
		if value == nil || field == nil {
			continue
		}
		if !field.IsList() {
			read, err := readValue(message.NewField, field, value)
			if err != nil {
				return err
			}
			message.Set(field, read)
			continue
		}
		values, ok := value.([]any)
		if !ok {
			return fmt.Errorf("%s is no list", key)
		}
		list := message.Mutable(field).List()
		newElement := func(protoreflect.FieldDescriptor) protoreflect.Value { return list.NewElement() }
		for _, element := range values {
			read, err := readValue(newElement, field, element)
			if err != nil {
				return err
			}
			list.Append(read)
		}
	}
	return nil
}

func readValue(newValue func(protoreflect.FieldDescriptor) protoreflect.Value, field protoreflect.FieldDescriptor, value any) (protoreflect.Value, error) {
	switch field.Kind() {
	case protoreflect.MessageKind:
		switch field.Message().FullName() {
		case "order1688.v1.Money":
			return reflected(readMoney(textOf(value), fenFields[field.FullName()]))
		case "google.protobuf.Timestamp":
			at, err := time.Parse(time.RFC3339, textOf(value))
			return reflected(timestamppb.New(at), err)
		}
		object, ok := value.(map[string]any)
		if !ok {
			return protoreflect.Value{}, fmt.Errorf("%s is no object", field.JSONName())
		}
		message := newValue(field)
		return message, readMessage(message.Message(), object)
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(value == true || value == "true"), nil
	case protoreflect.Int32Kind:
		number, err := strconv.ParseInt(textOf(value), 10, 32)
		return protoreflect.ValueOfInt32(int32(number)), err
	case protoreflect.Int64Kind:
		number, err := strconv.ParseInt(textOf(value), 10, 64)
		return protoreflect.ValueOfInt64(number), err
	default:
		return protoreflect.ValueOfString(textOf(value)), nil
	}
}

func reflected(message proto.Message, err error) (protoreflect.Value, error) {
	if err != nil {
		return protoreflect.Value{}, err
	}
	return protoreflect.ValueOfMessage(message.ProtoReflect()), nil
}

func textOf(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return value.String()
	default:
		return fmt.Sprint(value)
	}
}

// readMoney reads decimal text exactly.
func readMoney(text string, fen bool) (*v1.Money, error) {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if fen {
		whole = strings.Repeat("0", max(0, 3-len(whole))) + whole
		whole, fraction = whole[:len(whole)-2], whole[len(whole)-2:]+fraction
	}
	units, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(fraction) > 9 {
		return nil, fmt.Errorf("%q is no amount", text)
	}
	nanos, err := strconv.ParseInt(fraction+strings.Repeat("0", 9-len(fraction)), 10, 32)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(text, "-") {
		units, nanos = -units, -nanos
	}
	return &v1.Money{CurrencyCode: "CNY", Units: units, Nanos: int32(nanos)}, nil
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}
