//! fastwebsockets on hyper, echoing. Arguments: server PORT | client URL.

use fastwebsockets::{handshake, upgrade, FragmentCollector, OpCode, WebSocket, WebSocketError};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::rt::Executor;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

const VISITS: usize = 10_000; // a client comes back for the next case
const LARGEST_MESSAGE: usize = 1 << 28;

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn echo(mut connection: WebSocket<TokioIo<Upgraded>>) -> Result<(), WebSocketError> {
    connection.set_max_message_size(LARGEST_MESSAGE);
    let mut connection = FragmentCollector::new(connection);
    loop {
        let frame = connection.read_frame().await?;
        match frame.opcode {
            OpCode::Text | OpCode::Binary => connection.write_frame(frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}

async fn accept(mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, hyper::http::Error> {
    let Ok((response, upgraded)) = upgrade::upgrade(&mut request) else {
        return Response::builder().status(400).body(Empty::new());
    };
    tokio::spawn(async move { echo(upgraded.await?).await });
    Ok(response)
}

async fn server(port: &str) {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(accept));
        tokio::spawn(served.with_upgrades());
    }
}

struct Spawning;

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Spawning {
    fn execute(&self, task: F) {
        tokio::spawn(task);
    }
}

async fn visit(url: &str) -> Result<(), Failure> {
    let place = url.trim_start_matches("ws://").trim_end_matches('/');
    // hyper puts what it is given into the request line, and a URI stands there with http for its scheme (§4.1).
    let request = Request::get(url.replacen("ws://", "http://", 1))
        .header(HOST, place)
        .header(UPGRADE, "websocket")
        .header(CONNECTION, "upgrade")
        .header("Sec-WebSocket-Key", handshake::generate_key())
        .header("Sec-WebSocket-Version", "13")
        .body(Empty::<Bytes>::new())?;
    let (connection, _) = handshake::client(&Spawning, request, TcpStream::connect(place).await?).await?;
    Ok(echo(connection).await?)
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments[1] == "server" {
        return server(&arguments[2]).await;
    }
    for _ in 0..VISITS {
        let _ = visit(&arguments[2]).await;
    }
}
