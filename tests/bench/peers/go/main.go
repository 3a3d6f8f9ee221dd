// The peer in Go: PlaceOrders with grpc-go, protojson and net/http.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"google.golang.org/grpc"

	v1 "order1688.internal/order1688/v1"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "HOST:PORT")
	gateway := flag.String("gateway", "", "base URL of the gateway")
	portFile := flag.String("port-file", "", "where to write the bound port")
	flag.Parse()

	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConnsPerHost = 1024
	server := grpc.NewServer()
	v1.RegisterOrderServiceServer(server, &orderServer{
		client:       &http.Client{Transport: transport},
		url:          strings.TrimSuffix(*gateway, "/") + "/v2/alibaba/order/batch/create",
		accessKey:    os.Getenv("ACCESS_KEY"),
		accessSecret: os.Getenv("ACCESS_SECRET"),
		userID:       os.Getenv("USER_ID"),
	})
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	if err := writePortFile(*portFile, listener.Addr().(*net.TCPAddr).Port); err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.Serve(listener))
}

// Written whole or not at all.
func writePortFile(path string, port int) error {
	text, err := json.Marshal(map[string]int{"port": port})
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".tmp", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}
