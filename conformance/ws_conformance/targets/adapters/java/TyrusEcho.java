import jakarta.websocket.ClientEndpointConfig;
import jakarta.websocket.CloseReason;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerApplicationConfig;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.logging.LogManager;
import org.glassfish.grizzly.threadpool.ThreadPoolConfig;
import org.glassfish.tyrus.client.ClientManager;
import org.glassfish.tyrus.container.grizzly.server.GrizzlyServerContainer;
import org.glassfish.tyrus.ext.extension.deflate.PerMessageDeflateExtension;
import org.glassfish.tyrus.server.Server;

/** Tyrus on Grizzly, echoing. Arguments: server PORT | client URL. */
public final class TyrusEcho extends Endpoint {
    private static final int VISITS = 10_000; // a client comes back for the next case
    private static final int LARGEST_MESSAGE = 1 << 28;
    private static final int WORKERS = 256; // what Tyrus cannot decompress keeps one of them busy for ever
    private static final Map<String, Object> LIMITS = Map.of(
            "org.glassfish.tyrus.incomingBufferSize", LARGEST_MESSAGE,
            GrizzlyServerContainer.WORKER_THREAD_POOL_CONFIG,
            ThreadPoolConfig.defaultConfig().setCorePoolSize(WORKERS).setMaxPoolSize(WORKERS));

    private final CountDownLatch over = new CountDownLatch(1);

    public static void main(String[] arguments) throws Exception {
        LogManager.getLogManager().reset();
        if (arguments[0].equals("server")) {
            new Server("127.0.0.1", Integer.parseInt(arguments[1]), "/", LIMITS, Application.class).start();
            new CountDownLatch(1).await();
        }
        ClientManager client = ClientManager.createClient();
        client.getProperties().putAll(LIMITS);
        ClientEndpointConfig config =
                ClientEndpointConfig.Builder.create().extensions(List.of(new PerMessageDeflateExtension())).build();
        for (int visit = 0; visit < VISITS; visit++) {
            TyrusEcho echo = new TyrusEcho();
            try {
                client.connectToServer(echo, config, URI.create(arguments[1]));
                echo.over.await();
            } catch (DeploymentException refused) {
                continue;
            }
        }
    }

    /** What the server is asked to serve. */
    public static final class Application implements ServerApplicationConfig {
        @Override
        public Set<ServerEndpointConfig> getEndpointConfigs(Set<Class<? extends Endpoint>> found) {
            return Set.of(ServerEndpointConfig.Builder.create(TyrusEcho.class, "/")
                    .extensions(List.of(new PerMessageDeflateExtension())).build());
        }

        @Override
        public Set<Class<?>> getAnnotatedEndpointClasses(Set<Class<?>> found) {
            return Set.of();
        }
    }

    @Override
    public void onOpen(Session session, EndpointConfig config) {
        session.setMaxIdleTimeout(0);
        session.addMessageHandler(String.class, (MessageHandler.Whole<String>) text -> {
            try {
                session.getBasicRemote().sendText(text);
            } catch (IOException gone) {
                over.countDown();
            }
        });
        session.addMessageHandler(ByteBuffer.class, (MessageHandler.Whole<ByteBuffer>) bytes -> {
            try {
                session.getBasicRemote().sendBinary(bytes);
            } catch (IOException gone) {
                over.countDown();
            }
        });
    }

    @Override
    public void onClose(Session session, CloseReason reason) {
        over.countDown();
    }

    @Override
    public void onError(Session session, Throwable error) {}
}
