//! tungstenite on blocking sockets, echoing. Arguments: server PORT | client URL.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use tungstenite::client::connect_with_config;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{accept_with_config, Result, WebSocket};

const REDIRECTS: u8 = 3;
const LARGEST_MESSAGE: Option<usize> = Some(1 << 28);

fn limits() -> Option<WebSocketConfig> {
    Some(WebSocketConfig::default().max_message_size(LARGEST_MESSAGE).max_frame_size(LARGEST_MESSAGE))
}

fn echo<S: Read + Write>(mut connection: WebSocket<S>) -> Result<()> {
    loop {
        let message = connection.read()?;
        if message.is_text() || message.is_binary() {
            connection.send(message)?;
        }
    }
}

fn server(port: &str) {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
    for stream in listener.incoming().flatten() {
        stream.set_nodelay(true).unwrap();
        thread::spawn(|| accept_with_config(stream, limits()).map(echo));
    }
}

fn client(url: &str) {
    let _ = connect_with_config(url, limits(), REDIRECTS).map(|(connection, _)| echo(connection));
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments[1].as_str() {
        "server" => server(&arguments[2]),
        _ => client(&arguments[2]),
    }
}
