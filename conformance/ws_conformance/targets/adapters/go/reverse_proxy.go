// The ReverseProxy of Go's net/http/httputil. Arguments: PORT UPSTREAM.
package main

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	upstream := &url.URL{Scheme: "http", Host: "127.0.0.1:" + os.Args[2]}
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], httputil.NewSingleHostReverseProxy(upstream)))
}
