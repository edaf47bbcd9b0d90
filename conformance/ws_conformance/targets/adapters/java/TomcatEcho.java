import jakarta.websocket.ClientEndpointConfig;
import jakarta.websocket.CloseReason;
import jakarta.websocket.ContainerProvider;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.Extension;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.logging.LogManager;
import org.apache.catalina.Context;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;

/**
 * Tomcat, echoing. Arguments: server PORT FOLDER | client URL.
 *
 * <p>It is asked for parts of messages: for whole ones it allocates the largest size beforehand, for each connection.
 */
public final class TomcatEcho extends Endpoint {
    private static final int VISITS = 10_000; // a client comes back for the next case

    private final CountDownLatch over = new CountDownLatch(1);
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

    public static void main(String[] arguments) throws Exception {
        LogManager.getLogManager().reset();
        if (arguments[0].equals("server")) {
            serve(Integer.parseInt(arguments[1]), arguments[2]);
        }
        ClientEndpointConfig config = ClientEndpointConfig.Builder.create().extensions(List.of(new Deflate())).build();
        for (int visit = 0; visit < VISITS; visit++) {
            TomcatEcho echo = new TomcatEcho();
            try {
                ContainerProvider.getWebSocketContainer().connectToServer(echo, config, URI.create(arguments[1]));
                echo.over.await();
            } catch (DeploymentException | IOException refused) {
                continue;
            }
        }
    }

    private static void serve(int port, String folder) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(folder);
        tomcat.setPort(port);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", folder);
        Tomcat.addServlet(context, "default", new DefaultServlet());
        context.addServletMappingDecoded("/", "default");
        context.addServletContainerInitializer((classes, application) -> {
            new WsSci().onStartup(Set.of(), application);
            ServerContainer container = (ServerContainer) application.getAttribute(ServerContainer.class.getName());
            try {
                container.addEndpoint(ServerEndpointConfig.Builder.create(TomcatEcho.class, "/").build());
            } catch (DeploymentException error) {
                throw new IllegalStateException(error);
            }
        }, Set.of());
        tomcat.start();
        tomcat.getServer().await();
    }

    @Override
    public void onOpen(Session session, EndpointConfig config) {
        session.setMaxIdleTimeout(0);
        session.addMessageHandler(String.class, (MessageHandler.Partial<String>) (part, isLast) -> {
            text.append(part);
            if (isLast) {
                String message = text.toString();
                text.setLength(0);
                send(() -> session.getBasicRemote().sendText(message));
            }
        });
        session.addMessageHandler(byte[].class, (MessageHandler.Partial<byte[]>) (part, isLast) -> {
            binary.writeBytes(part);
            if (isLast) {
                ByteBuffer message = ByteBuffer.wrap(binary.toByteArray());
                binary.reset();
                send(() -> session.getBasicRemote().sendBinary(message));
            }
        });
    }

    @Override
    public void onClose(Session session, CloseReason reason) {
        over.countDown();
    }

    @Override
    public void onError(Session session, Throwable error) {}

    private static final class Deflate implements Extension {
        @Override
        public String getName() {
            return "permessage-deflate";
        }

        @Override
        public List<Parameter> getParameters() {
            return List.of();
        }
    }

    private interface Sending {
        void send() throws IOException;
    }

    private static void send(Sending sending) {
        try {
            sending.send();
        } catch (IOException gone) {
            return; // and onClose is told of it
        }
    }
}
