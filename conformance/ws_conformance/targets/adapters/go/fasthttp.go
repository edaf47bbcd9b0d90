// fasthttp/websocket below fasthttp, as Fiber has it, echoing. Arguments: server PORT | client URL.
package main

import (
	"os"
	"unicode/utf8"

	"github.com/fasthttp/websocket"
	"github.com/valyala/fasthttp"
)

func echo(connection *websocket.Conn) {
	defer connection.Close()
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil {
			return
		}
		if kind == websocket.TextMessage && !utf8.Valid(message) { // it leaves this to its user
			connection.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseInvalidFramePayloadData, ""))
			return
		}
		if connection.WriteMessage(kind, message) != nil {
			return
		}
	}
}

func server(port string) {
	anybody := func(*fasthttp.RequestCtx) bool { return true }
	upgrader := websocket.FastHTTPUpgrader{EnableCompression: true, CheckOrigin: anybody}
	handle := func(request *fasthttp.RequestCtx) { upgrader.Upgrade(request, echo) }
	panic(fasthttp.ListenAndServe("127.0.0.1:"+port, handle))
}

func client(url string) {
	dialer := websocket.Dialer{EnableCompression: true}
	if connection, _, err := dialer.Dial(url, nil); err == nil {
		echo(connection)
	}
}

func main() {
	map[string]func(string){"server": server, "client": client}[os.Args[1]](os.Args[2])
}
