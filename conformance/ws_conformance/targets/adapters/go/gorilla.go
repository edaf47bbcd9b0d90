// gorilla/websocket, echoing. Arguments: server PORT | client URL.
package main

import (
	"net/http"
	"os"
	"unicode/utf8"

	"github.com/gorilla/websocket"
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
	anybody := func(*http.Request) bool { return true }
	upgrader := websocket.Upgrader{EnableCompression: true, CheckOrigin: anybody}
	handle := func(response http.ResponseWriter, request *http.Request) {
		if connection, err := upgrader.Upgrade(response, request, nil); err == nil {
			echo(connection)
		}
	}
	panic(http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(handle)))
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
