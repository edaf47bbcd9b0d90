//! soketto, echoing. Arguments: server PORT | client URL.

use soketto::connection::{Builder, Error};
use soketto::extension::deflate::Deflate;
use soketto::handshake::{server::Response, Client, Server, ServerResponse};
use soketto::{Data, Mode};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

const VISITS: usize = 10_000; // a client comes back for the next case
const LARGEST_MESSAGE: usize = 1 << 28;

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn echo(mut builder: Builder<Compat<TcpStream>>) -> Result<(), Failure> {
    builder.set_max_message_size(LARGEST_MESSAGE);
    builder.set_max_frame_size(LARGEST_MESSAGE);
    let (mut sender, mut receiver) = builder.finish();
    let mut message = Vec::new();
    loop {
        message.clear();
        match receiver.receive_data(&mut message).await {
            Ok(Data::Text(_)) => sender.send_text(std::str::from_utf8(&message)?).await?,
            Ok(Data::Binary(_)) => sender.send_binary(&message).await?,
            Err(Error::Closed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        sender.flush().await?;
    }
}

async fn accept(stream: TcpStream) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let mut server = Server::new(stream.compat());
    server.add_extension(Box::new(Deflate::new(Mode::Server)));
    let key = server.receive_request().await?.key();
    server.send_response(&Response::Accept { key, protocol: None }).await?;
    echo(server.into_builder()).await
}

async fn visit(place: &str) -> Result<(), Failure> {
    let stream = TcpStream::connect(place).await?;
    let mut client = Client::new(stream.compat(), place, "/");
    client.add_extension(Box::new(Deflate::new(Mode::Client)));
    match client.handshake().await? {
        ServerResponse::Accepted { .. } => echo(client.into_builder()).await,
        _ => Ok(()),
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments[1] == "server" {
        let listener = TcpListener::bind(format!("127.0.0.1:{}", arguments[2])).await.unwrap();
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(accept(stream));
        }
    }
    let place = arguments[2].trim_start_matches("ws://").trim_end_matches('/');
    for _ in 0..VISITS {
        let _ = visit(place).await;
    }
}
