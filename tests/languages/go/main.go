package main

import (
	"context"
	"log"
	"os"
	"time"
)

func main() {
	program, known := map[string]func(context.Context) error{
		"scenario":       scenario,
		"cancelled_call": cancelledCall,
		"helper":         helper,
	}[os.Args[1]]
	if !known {
		log.Fatalf("no such program: %s", os.Args[1])
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := program(ctx); err != nil {
		log.Fatal(err)
	}
}
