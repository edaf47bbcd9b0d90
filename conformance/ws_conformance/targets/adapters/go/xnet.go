// golang.org/x/net/websocket, echoing: it hands out frames, and their opcodes only to a codec. Arguments: server PORT | client URL.
package main

import (
	"net/http"
	"os"

	"golang.org/x/net/websocket"
)

type frame struct {
	payload []byte
	opcode  byte
}

var codec = websocket.Codec{
	Marshal: func(value any) ([]byte, byte, error) {
		sent := value.(frame)
		return sent.payload, sent.opcode, nil
	},
	Unmarshal: func(payload []byte, opcode byte, value any) error {
		*value.(*frame) = frame{payload, opcode}
		return nil
	},
}

func echo(connection *websocket.Conn) {
	defer connection.Close()
	connection.MaxPayloadBytes = 1 << 28
	for {
		var received frame
		if codec.Receive(connection, &received) != nil {
			return
		}
		if received.opcode != websocket.TextFrame && received.opcode != websocket.BinaryFrame {
			continue // no message, and nothing that may be sent
		}
		if codec.Send(connection, received) != nil {
			return
		}
	}
}

func server(port string) {
	panic(http.ListenAndServe("127.0.0.1:"+port, websocket.Server{Handler: echo}))
}

func client(url string) {
	if connection, err := websocket.Dial(url, "", "http://127.0.0.1"); err == nil {
		echo(connection)
	}
}

func main() {
	map[string]func(string){"server": server, "client": client}[os.Args[1]](os.Args[2])
}
