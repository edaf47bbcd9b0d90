import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.websockets.WebSocketProtocolHandshakeHandler;
import io.undertow.websockets.client.WebSocketClient;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedBinaryMessage;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.WebSocketCallback;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import io.undertow.websockets.extensions.PerMessageDeflateHandshake;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import org.xnio.OptionMap;
import org.xnio.Pooled;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

/** Undertow, echoing. Arguments: server PORT | client URL. */
public final class UndertowEcho extends AbstractReceiveListener {
    private static final int VISITS = 10_000; // a client comes back for the next case
    private static final int BUFFER_BYTES = 1 << 14;

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("server")) {
            serve(Integer.parseInt(arguments[1]));
            return;
        }
        XnioWorker worker = Xnio.getInstance().createWorker(OptionMap.EMPTY);
        ByteBufferPool buffers = new DefaultByteBufferPool(true, BUFFER_BYTES);
        for (int visit = 0; visit < VISITS; visit++) {
            CountDownLatch over = new CountDownLatch(1);
            try {
                WebSocketChannel channel =
                        WebSocketClient.connectionBuilder(worker, buffers, URI.create(arguments[1])).connect().get();
                channel.addCloseTask(closed -> over.countDown());
                begin(channel);
                over.await();
            } catch (IOException refused) {
                continue;
            }
        }
    }

    private static void serve(int port) {
        WebSocketProtocolHandshakeHandler handler = Handlers.websocket((exchange, channel) -> begin(channel));
        handler.addExtension(new PerMessageDeflateHandshake());
        Undertow.builder().addHttpListener(port, "127.0.0.1").setHandler(handler).build().start();
    }

    private static void begin(WebSocketChannel channel) {
        channel.getReceiveSetter().set(new UndertowEcho());
        channel.resumeReceives();
    }

    @Override
    protected void onFullTextMessage(WebSocketChannel channel, BufferedTextMessage message) {
        WebSockets.sendText(message.getData(), channel, null);
    }

    @Override
    protected void onFullBinaryMessage(WebSocketChannel channel, BufferedBinaryMessage message) {
        Pooled<ByteBuffer[]> bytes = message.getData();
        WebSockets.sendBinary(bytes.getResource(), channel, new WebSocketCallback<Void>() {
            @Override
            public void complete(WebSocketChannel to, Void nothing) {
                bytes.free();
            }

            @Override
            public void onError(WebSocketChannel to, Void nothing, Throwable error) {
                bytes.free();
            }
        });
    }
}
