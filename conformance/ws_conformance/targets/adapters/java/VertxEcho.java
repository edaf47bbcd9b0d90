import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.WebSocketBase;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;

/** Vert.x, which has Netty's frames below, echoing. Arguments: server PORT | client URL. */
public final class VertxEcho {
    private static final int VISITS = 10_000; // a client comes back for the next case
    private static final int LARGEST_MESSAGE = 1 << 28;

    public static void main(String[] arguments) {
        Vertx vertx = Vertx.vertx();
        if (arguments[0].equals("server")) {
            HttpServerOptions options = new HttpServerOptions()
                    .setMaxWebSocketFrameSize(LARGEST_MESSAGE).setMaxWebSocketMessageSize(LARGEST_MESSAGE);
            vertx.createHttpServer(options).webSocketHandler(VertxEcho::echo)
                    .listen(Integer.parseInt(arguments[1]), "127.0.0.1");
            return;
        }
        WebSocketClientOptions options = new WebSocketClientOptions()
                .setMaxFrameSize(LARGEST_MESSAGE).setMaxMessageSize(LARGEST_MESSAGE).setTryUsePerMessageCompression(true);
        WebSocketConnectOptions place = new WebSocketConnectOptions().setAbsoluteURI(arguments[1]);
        visit(vertx.createWebSocketClient(options), place, VISITS);
    }

    private static void echo(WebSocketBase connection) {
        connection.textMessageHandler(connection::writeTextMessage);
        connection.binaryMessageHandler(connection::writeBinaryMessage);
        connection.exceptionHandler(error -> {});
    }

    private static void visit(WebSocketClient client, WebSocketConnectOptions place, int visits) {
        if (visits == 0) {
            return;
        }
        client.connect(place)
                .onSuccess(connection -> {
                    echo(connection);
                    connection.closeHandler(closed -> visit(client, place, visits - 1));
                })
                .onFailure(refused -> visit(client, place, visits - 1));
    }
}
