import com.neovisionaries.ws.client.WebSocket;
import com.neovisionaries.ws.client.WebSocketAdapter;
import com.neovisionaries.ws.client.WebSocketException;
import com.neovisionaries.ws.client.WebSocketExtension;
import com.neovisionaries.ws.client.WebSocketFactory;
import com.neovisionaries.ws.client.WebSocketFrame;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/** The client nv-websocket-client, echoing. Argument: the URL. */
public final class NvEcho extends WebSocketAdapter {
    private static final int VISITS = 10_000; // it comes back for the next case

    private final CountDownLatch over = new CountDownLatch(1);

    public static void main(String[] arguments) throws IOException, InterruptedException {
        for (int visit = 0; visit < VISITS; visit++) {
            NvEcho echo = new NvEcho();
            WebSocket connection = new WebSocketFactory().createSocket(arguments[0]);
            connection.addExtension(WebSocketExtension.PERMESSAGE_DEFLATE);
            connection.addListener(echo);
            try {
                connection.connect();
                echo.over.await();
            } catch (WebSocketException refused) {
                continue;
            }
        }
    }

    @Override
    public void onTextMessage(WebSocket connection, String text) {
        connection.sendText(text);
    }

    @Override
    public void onBinaryMessage(WebSocket connection, byte[] bytes) {
        connection.sendBinary(bytes);
    }

    @Override
    public void onDisconnected(WebSocket connection, WebSocketFrame theirs, WebSocketFrame ours, boolean byServer) {
        over.countDown();
    }
}
