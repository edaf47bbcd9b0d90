import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketClientExtensionHandler;
import io.netty.handler.codec.http.websocketx.extensions.compression.PerMessageDeflateClientExtensionHandshaker;
import io.netty.handler.codec.http.websocketx.extensions.compression.WebSocketServerCompressionHandler;
import java.net.URI;

/** Netty, echoing. Arguments: server PORT | client URL. */
public final class NettyEcho extends SimpleChannelInboundHandler<WebSocketFrame> {
    private static final int VISITS = 10_000; // a client comes back for the next case
    private static final int LARGEST_MESSAGE = 1 << 28;
    private static final int LARGEST_HEAD = 1 << 16;

    public static void main(String[] arguments) throws InterruptedException {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory());
        if (arguments[0].equals("server")) {
            serve(loops, Integer.parseInt(arguments[1]));
        }
        URI uri = URI.create(arguments[1]);
        for (int visit = 0; visit < VISITS; visit++) {
            visit(loops, uri);
        }
    }

    private static void serve(EventLoopGroup loops, int port) throws InterruptedException {
        WebSocketDecoderConfig decoding =
                WebSocketDecoderConfig.newBuilder().allowExtensions(true).maxFramePayloadLength(LARGEST_MESSAGE).build();
        WebSocketServerProtocolConfig config =
                WebSocketServerProtocolConfig.newBuilder().websocketPath("/").checkStartsWith(true).decoderConfig(decoding).build();
        ChannelInitializer<SocketChannel> initializer = new ChannelInitializer<>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(
                        new HttpServerCodec(), new HttpObjectAggregator(LARGEST_HEAD),
                        new WebSocketServerCompressionHandler(LARGEST_MESSAGE), new WebSocketServerProtocolHandler(config),
                        new WebSocketFrameAggregator(LARGEST_MESSAGE), new NettyEcho());
            }
        };
        new ServerBootstrap().group(loops).channel(NioServerSocketChannel.class).childHandler(initializer)
                .bind("127.0.0.1", port).sync().channel().closeFuture().sync();
    }

    private static void visit(EventLoopGroup loops, URI uri) throws InterruptedException {
        WebSocketClientProtocolConfig config =
                WebSocketClientProtocolConfig.newBuilder().webSocketUri(uri).allowExtensions(true)
                        .maxFramePayloadLength(LARGEST_MESSAGE)
                        .handleCloseFrames(false) // with true it drops TCP instead of answering; so NettyEcho answers,
                        .sendCloseFrame(null) // once
                        .build();
        ChannelInitializer<SocketChannel> initializer = new ChannelInitializer<>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline().addLast(
                        new HttpClientCodec(), new HttpObjectAggregator(LARGEST_HEAD),
                        new WebSocketClientExtensionHandler(new PerMessageDeflateClientExtensionHandshaker(LARGEST_MESSAGE)),
                        new WebSocketClientProtocolHandler(config),
                        new WebSocketFrameAggregator(LARGEST_MESSAGE), new NettyEcho());
            }
        };
        new Bootstrap().group(loops).channel(NioSocketChannel.class).handler(initializer)
                .connect(uri.getHost(), uri.getPort()).await().channel().closeFuture().await();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
        context.writeAndFlush(unmarked(frame));
    }

    /** Returns {@code frame} without the reserved bits that it came with, which are no part of what is echoed. */
    private static WebSocketFrame unmarked(WebSocketFrame frame) {
        ByteBuf content = frame.content().retain();
        if (frame instanceof TextWebSocketFrame) {
            return new TextWebSocketFrame(content);
        }
        return frame instanceof BinaryWebSocketFrame
                ? new BinaryWebSocketFrame(content)
                : new CloseWebSocketFrame(true, 0, content);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable error) {
        context.close();
    }
}
