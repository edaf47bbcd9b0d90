import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Configurable;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.client.ClientUpgradeRequest;
import org.eclipse.jetty.websocket.client.WebSocketClient;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;

/** Jetty, echoing. Arguments: server PORT | client URL. */
public final class JettyEcho extends Session.Listener.AbstractAutoDemanding {
    private static final int VISITS = 10_000; // a client comes back for the next case
    private static final int LARGEST_MESSAGE = 1 << 28;

    private final CountDownLatch over = new CountDownLatch(1);

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("server")) {
            serve(Integer.parseInt(arguments[1]));
            return;
        }
        WebSocketClient client = new WebSocketClient();
        lift(client);
        client.start();
        for (int visit = 0; visit < VISITS; visit++) {
            ClientUpgradeRequest request = new ClientUpgradeRequest(URI.create(arguments[1]));
            request.addExtensions("permessage-deflate");
            JettyEcho echo = new JettyEcho();
            try {
                client.connect(echo, request).get();
                echo.over.await();
            } catch (ExecutionException refused) {
                continue;
            }
        }
        client.stop();
    }

    private static void serve(int port) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        connector.setPort(port);
        server.addConnector(connector);
        server.setHandler(WebSocketUpgradeHandler.from(server, container -> {
            lift(container);
            container.addMapping("/*", (request, response, callback) -> new JettyEcho());
        }));
        server.start();
        server.join();
    }

    private static void lift(Configurable limits) {
        limits.setIdleTimeout(Duration.ZERO);
        limits.setMaxTextMessageSize(LARGEST_MESSAGE);
        limits.setMaxBinaryMessageSize(LARGEST_MESSAGE);
        limits.setMaxFrameSize(LARGEST_MESSAGE);
    }

    @Override
    public void onWebSocketText(String text) {
        getSession().sendText(text, Callback.NOOP);
    }

    @Override
    public void onWebSocketBinary(ByteBuffer bytes, Callback read) {
        getSession().sendBinary(bytes, read);
    }

    @Override
    public void onWebSocketClose(int code, String reason, Callback closed) {
        over.countDown();
        closed.succeed();
    }
}
