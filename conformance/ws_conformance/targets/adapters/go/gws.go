// lxzan/gws, echoing. Arguments: server PORT | client URL.
package main

import (
	"os"

	"github.com/lxzan/gws"
)

const largestMessage = 1 << 28

var deflate = gws.PermessageDeflate{
	Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true, Threshold: 1,
}

type echo struct{ gws.BuiltinEventHandler }

func (echo) OnPing(connection *gws.Conn, payload []byte) { connection.WritePong(payload) }

func (echo) OnMessage(connection *gws.Conn, message *gws.Message) {
	defer message.Close()
	connection.WriteMessage(message.Opcode, message.Bytes())
}

func server(port string) {
	options := &gws.ServerOption{
		PermessageDeflate: deflate, CheckUtf8Enabled: true, ReadMaxPayloadSize: largestMessage, WriteMaxPayloadSize: largestMessage,
	}
	panic(gws.NewServer(echo{}, options).Run("127.0.0.1:" + port))
}

func client(url string) {
	options := &gws.ClientOption{
		Addr: url, PermessageDeflate: deflate, CheckUtf8Enabled: true,
		ReadMaxPayloadSize: largestMessage, WriteMaxPayloadSize: largestMessage,
	}
	if connection, _, err := gws.NewClient(echo{}, options); err == nil {
		connection.ReadLoop()
	}
}

func main() {
	map[string]func(string){"server": server, "client": client}[os.Args[1]](os.Args[2])
}
