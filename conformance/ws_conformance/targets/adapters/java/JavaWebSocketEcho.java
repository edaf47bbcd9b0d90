import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import org.java_websocket.WebSocket;
import org.java_websocket.client.WebSocketClient;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.extensions.permessage_deflate.PerMessageDeflateExtension;
import org.java_websocket.handshake.ClientHandshake;
import org.java_websocket.handshake.ServerHandshake;
import org.java_websocket.server.WebSocketServer;

/** Java-WebSocket, echoing. Arguments: server PORT | client URL. */
public final class JavaWebSocketEcho {
    private static final int VISITS = 10_000; // a client comes back for the next case

    public static void main(String[] arguments) {
        if (arguments[0].equals("server")) {
            new Server(Integer.parseInt(arguments[1])).run();
        }
        for (int visit = 0; visit < VISITS; visit++) {
            new Client(URI.create(arguments[1])).run();
        }
    }

    private static Draft_6455 deflating() {
        return new Draft_6455(new PerMessageDeflateExtension());
    }

    private static final class Server extends WebSocketServer {
        Server(int port) {
            super(new InetSocketAddress("127.0.0.1", port), List.of(deflating()));
            setConnectionLostTimeout(0);
            setTcpNoDelay(true);
            setReuseAddr(true);
        }

        @Override
        public void onStart() {}

        @Override
        public void onOpen(WebSocket connection, ClientHandshake handshake) {}

        @Override
        public void onMessage(WebSocket connection, String text) {
            connection.send(text);
        }

        @Override
        public void onMessage(WebSocket connection, ByteBuffer bytes) {
            connection.send(bytes);
        }

        @Override
        public void onClose(WebSocket connection, int code, String reason, boolean isRemote) {}

        @Override
        public void onError(WebSocket connection, Exception error) {}
    }

    private static final class Client extends WebSocketClient {
        Client(URI uri) {
            super(uri, deflating());
            setConnectionLostTimeout(0);
            setTcpNoDelay(true);
        }

        @Override
        public void onOpen(ServerHandshake handshake) {}

        @Override
        public void onMessage(String text) {
            send(text);
        }

        @Override
        public void onMessage(ByteBuffer bytes) {
            send(bytes);
        }

        @Override
        public void onClose(int code, String reason, boolean isRemote) {}

        @Override
        public void onError(Exception error) {}
    }
}
