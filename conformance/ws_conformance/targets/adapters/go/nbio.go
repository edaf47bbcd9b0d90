// lesismal/nbio, echoing on its own event loop. Arguments: server PORT | client URL.
package main

import (
	"net/http"
	"os"
	"time"

	"github.com/lesismal/nbio/logging"
	"github.com/lesismal/nbio/nbhttp"
	"github.com/lesismal/nbio/nbhttp/websocket"
)

func echoing(over func()) *websocket.Upgrader {
	upgrader := websocket.NewUpgrader()
	upgrader.CheckOrigin = func(*http.Request) bool { return true }
	upgrader.KeepaliveTime = time.Hour
	upgrader.EnableCompression(true)
	upgrader.OnMessage(func(connection *websocket.Conn, kind websocket.MessageType, message []byte) {
		connection.EnableWriteCompression(true)
		connection.WriteMessage(kind, message)
	})
	upgrader.OnClose(func(*websocket.Conn, error) { over() })
	return upgrader
}

func started(config nbhttp.Config) *nbhttp.Engine {
	engine := nbhttp.NewEngine(config)
	if err := engine.Start(); err != nil {
		panic(err)
	}
	return engine
}

func server(port string) {
	upgrader := echoing(func() {})
	handle := func(response http.ResponseWriter, request *http.Request) { upgrader.Upgrade(response, request, nil) }
	started(nbhttp.Config{Addrs: []string{"127.0.0.1:" + port}, Handler: http.HandlerFunc(handle)})
	select {}
}

func client(url string) {
	engine := started(nbhttp.Config{})
	over := make(chan struct{}, 1)
	dialer := &websocket.Dialer{Engine: engine, Upgrader: echoing(func() { over <- struct{}{} }), DialTimeout: time.Minute}
	if _, _, err := dialer.Dial(url, nil); err == nil {
		<-over
	}
}

func main() {
	logging.SetLevel(logging.LevelNone)
	map[string]func(string){"server": server, "client": client}[os.Args[1]](os.Args[2])
}
