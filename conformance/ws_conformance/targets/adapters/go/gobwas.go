// gobwas/ws with its wsutil, echoing. Arguments: server PORT | client URL.
package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// What was read along with the opening handshake comes first.
type joined struct {
	io.Reader
	net.Conn
}

func (both joined) Read(into []byte) (int, error) { return both.Reader.Read(into) }

func echo(connection io.ReadWriter, side ws.State) {
	for {
		message, opcode, err := wsutil.ReadData(connection, side)
		if err != nil || wsutil.WriteMessage(connection, side, opcode, message) != nil {
			return
		}
	}
}

func serve(connection net.Conn) {
	defer connection.Close()
	if _, err := ws.Upgrade(connection); err == nil {
		echo(connection, ws.StateServerSide)
	}
}

func server(port string) {
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	for err == nil {
		var connection net.Conn
		if connection, err = listener.Accept(); err == nil {
			go serve(connection)
		}
	}
	panic(err)
}

func client(url string) {
	connection, early, _, err := ws.Dial(context.Background(), url)
	if err != nil {
		return
	}
	if early == nil {
		early = bufio.NewReader(connection)
	}
	echo(joined{early, connection}, ws.StateClientSide)
	connection.Close()
}

func main() {
	map[string]func(string){"server": server, "client": client}[os.Args[1]](os.Args[2])
}
