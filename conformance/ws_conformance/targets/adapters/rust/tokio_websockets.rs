//! tokio-websockets, echoing. Arguments: server PORT | client URL.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_websockets::{ClientBuilder, Limits, ServerBuilder, WebSocketStream};

fn limits() -> Limits {
    Limits::default().max_payload_len(Some(1 << 28))
}

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut connection: WebSocketStream<S>) {
    while let Some(Ok(message)) = connection.next().await {
        if (message.is_text() || message.is_binary()) && connection.send(message).await.is_err() {
            break;
        }
    }
}

async fn server(port: &str) {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        tokio::spawn(async move {
            if let Ok((_, connection)) = ServerBuilder::new().limits(limits()).accept(stream).await {
                echo(connection).await;
            }
        });
    }
}

async fn client(url: &str) {
    if url.to_ascii_lowercase().starts_with("wss:") {
        return; // there is no TLS in this program
    }
    let builder = ClientBuilder::from_uri(url.parse().unwrap()).limits(limits());
    if let Ok((connection, _)) = builder.connect().await {
        echo(connection).await;
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments[1].as_str() {
        "server" => server(&arguments[2]).await,
        _ => client(&arguments[2]).await,
    }
}
