import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;

/** The client of java.net.http, echoing. It hands out parts of messages. Argument: the URL. */
public final class JdkEcho implements WebSocket.Listener {
    private static final int VISITS = 10_000; // it comes back for the next case

    private final CountDownLatch over = new CountDownLatch(1);
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

    public static void main(String[] arguments) throws InterruptedException {
        HttpClient client = HttpClient.newHttpClient();
        for (int visit = 0; visit < VISITS; visit++) {
            JdkEcho echo = new JdkEcho();
            try {
                client.newWebSocketBuilder().buildAsync(URI.create(arguments[0]), echo).join();
                echo.over.await();
            } catch (CompletionException refused) {
                continue;
            }
        }
    }

    @Override
    public CompletionStage<?> onText(WebSocket connection, CharSequence part, boolean isLast) {
        text.append(part);
        if (!isLast) {
            connection.request(1);
            return null;
        }
        String message = text.toString();
        text.setLength(0);
        return connection.sendText(message, true).thenRun(() -> connection.request(1));
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket connection, ByteBuffer part, boolean isLast) {
        while (part.hasRemaining()) {
            binary.write(part.get());
        }
        if (!isLast) {
            connection.request(1);
            return null;
        }
        ByteBuffer message = ByteBuffer.wrap(binary.toByteArray());
        binary.reset();
        return connection.sendBinary(message, true).thenRun(() -> connection.request(1));
    }

    @Override
    public CompletionStage<?> onClose(WebSocket connection, int code, String reason) {
        over.countDown();
        return null;
    }

    @Override
    public void onError(WebSocket connection, Throwable error) {
        over.countDown();
    }
}
