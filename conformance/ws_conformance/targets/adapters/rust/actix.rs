//! actix-ws on actix-web, echoing. Argument: the port. Pongs, and the answer to a Close, are left to its user.

use actix_web::{rt, web, App, HttpRequest, HttpResponse, HttpServer};
use actix_ws::{AggregatedMessage, CloseCode};

const LARGEST_MESSAGE: usize = 1 << 28;

async fn echo(request: HttpRequest, body: web::Payload) -> actix_web::Result<HttpResponse> {
    let (response, mut session, stream) = actix_ws::handle(&request, body)?;
    let stream = stream.max_frame_size(LARGEST_MESSAGE);
    let mut messages = stream.aggregate_continuations().max_continuation_size(LARGEST_MESSAGE);
    rt::spawn(async move {
        while let Some(received) = messages.recv().await {
            let sent = match received {
                Ok(AggregatedMessage::Text(text)) => session.text(text).await,
                Ok(AggregatedMessage::Binary(bytes)) => session.binary(bytes).await,
                Ok(AggregatedMessage::Ping(payload)) => session.pong(&payload).await,
                Ok(AggregatedMessage::Pong(_)) => Ok(()),
                Ok(AggregatedMessage::Close(reason)) => return session.close(reason).await,
                Err(_) => return session.close(Some(CloseCode::Protocol.into())).await,
            };
            sent?;
        }
        Ok(())
    });
    Ok(response)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).unwrap().parse().unwrap();
    HttpServer::new(|| App::new().default_service(web::to(echo))).bind(("127.0.0.1", port))?.run().await
}
