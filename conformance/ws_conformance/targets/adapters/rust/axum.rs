//! axum, which has tungstenite below, echoing. Argument: the port.

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use axum::Router;
use tokio::net::TcpListener;

const LARGEST_MESSAGE: usize = 1 << 28;

async fn accept(upgrade: WebSocketUpgrade) -> Response {
    upgrade.max_message_size(LARGEST_MESSAGE).max_frame_size(LARGEST_MESSAGE).on_upgrade(echo)
}

async fn echo(mut connection: WebSocket) {
    while let Some(Ok(message)) = connection.recv().await {
        let is_data = matches!(message, Message::Text(_) | Message::Binary(_));
        if is_data && connection.send(message).await.is_err() {
            break;
        }
    }
}

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).unwrap();
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    axum::serve(listener, Router::new().fallback(any(accept))).await.unwrap();
}
