// coder/websocket, echoing. Arguments: server PORT | client URL.
package main

import (
	"context"
	"net/http"
	"os"
	"unicode/utf8"

	"github.com/coder/websocket"
)

func echo(connection *websocket.Conn) {
	defer connection.CloseNow()
	connection.SetReadLimit(-1)
	for {
		kind, message, err := connection.Read(context.Background())
		if err != nil {
			return
		}
		if kind == websocket.MessageText && !utf8.Valid(message) { // it leaves this to its user
			connection.Close(websocket.StatusInvalidFramePayloadData, "")
			return
		}
		if connection.Write(context.Background(), kind, message) != nil {
			return
		}
	}
}

func server(port string) {
	options := &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionContextTakeover}
	handle := func(response http.ResponseWriter, request *http.Request) {
		if connection, err := websocket.Accept(response, request, options); err == nil {
			echo(connection)
		}
	}
	panic(http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(handle)))
}

func client(url string) {
	options := &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover}
	if connection, _, err := websocket.Dial(context.Background(), url, options); err == nil {
		echo(connection)
	}
}

func main() {
	map[string]func(string){"server": server, "client": client}[os.Args[1]](os.Args[2])
}
