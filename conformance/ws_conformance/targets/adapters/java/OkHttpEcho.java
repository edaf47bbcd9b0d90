import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okio.ByteString;

/** The client of OkHttp, echoing. It leaves the answer to a Close to its user. Argument: the URL. */
public final class OkHttpEcho extends WebSocketListener {
    private static final int VISITS = 10_000; // it comes back for the next case
    private static final int NO_CODE = 1005;
    private static final int NORMAL = 1000;

    private final CountDownLatch over = new CountDownLatch(1);

    public static void main(String[] arguments) throws InterruptedException {
        OkHttpClient client = new OkHttpClient.Builder().readTimeout(0, TimeUnit.SECONDS).build();
        Request request = new Request.Builder().url(arguments[0]).build();
        for (int visit = 0; visit < VISITS; visit++) {
            OkHttpEcho echo = new OkHttpEcho();
            client.newWebSocket(request, echo);
            echo.over.await();
        }
    }

    @Override
    public void onMessage(WebSocket connection, String text) {
        connection.send(text);
    }

    @Override
    public void onMessage(WebSocket connection, ByteString bytes) {
        connection.send(bytes);
    }

    @Override
    public void onClosing(WebSocket connection, int code, String reason) {
        connection.close(code == NO_CODE ? NORMAL : code, reason);
    }

    @Override
    public void onClosed(WebSocket connection, int code, String reason) {
        over.countDown();
    }

    @Override
    public void onFailure(WebSocket connection, Throwable error, Response response) {
        over.countDown();
    }
}
