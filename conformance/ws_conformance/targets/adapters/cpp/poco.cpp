// POCO's WebSocket, echoing. Arguments: server PORT | client URL.
//
// It hands out frames: Pongs, the answer to a Close and the joining of fragments are its user's.
#include <Poco/Buffer.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/WebSocket.h>
#include <Poco/URI.h>
#include <iostream>
#include <string>
#include <unistd.h>

using namespace Poco::Net;

constexpr int largest_message = 1 << 28;
constexpr int connections = 128;

void echo(WebSocket& connection)
{
    std::string message;
    int opcode = 0;
    connection.setMaxPayloadSize(largest_message);
    connection.setReceiveTimeout(Poco::Timespan(3600, 0));
    connection.setNoDelay(true);
    for (;;) {
        Poco::Buffer<char> payload(0);
        int flags = 0;
        const int length = connection.receiveFrame(payload, flags);
        if (length == 0 && flags == 0)
            return; // TCP is over: an empty fragment between others looks the same
        const int received = flags & WebSocket::FRAME_OP_BITMASK;
        if (received == WebSocket::FRAME_OP_PING) {
            connection.sendFrame(payload.begin(), length, WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_PONG);
        } else if (received == WebSocket::FRAME_OP_CLOSE) {
            connection.sendFrame(payload.begin(), length, WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_CLOSE);
            return;
        } else if (received != WebSocket::FRAME_OP_PONG) {
            if (received != WebSocket::FRAME_OP_CONT) {
                opcode = received;
                message.clear();
            }
            message.append(payload.begin(), length);
            if (flags & WebSocket::FRAME_FLAG_FIN)
                connection.sendFrame(message.data(), message.size(), WebSocket::FRAME_FLAG_FIN | opcode);
        }
    }
}

struct Handler : HTTPRequestHandler {
    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override
    {
        try {
            WebSocket connection(request, response);
            echo(connection);
        } catch (const WebSocketException& error) {
            if (error.code() == WebSocket::WS_ERR_HANDSHAKE_UNSUPPORTED_VERSION)
                response.set("Sec-WebSocket-Version", WebSocket::WEBSOCKET_VERSION);
            response.setStatusAndReason(HTTPResponse::HTTP_BAD_REQUEST);
            response.setContentLength(0);
            if (!response.sent())
                response.send();
        } catch (const Poco::Exception&) {
        }
    }
};

struct Handlers : HTTPRequestHandlerFactory {
    HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override { return new Handler; }
};

void server(const std::string& port)
{
    HTTPServerParams::Ptr parameters = new HTTPServerParams;
    parameters->setMaxThreads(connections);
    parameters->setMaxQueued(connections);
    Poco::ThreadPool threads(2, connections);
    HTTPServer server(new Handlers, threads, ServerSocket(SocketAddress("127.0.0.1", port)), parameters);
    server.start();
    for (;;)
        pause();
}

void client(const std::string& url)
{
    const Poco::URI uri(url);
    if (uri.getScheme() == "wss")
        return; // there is no TLS in this program
    if (!uri.getFragment().empty())
        return; // RFC 6455, 3
    const std::string target = uri.getPathAndQuery();
    HTTPClientSession session(uri.getHost(), uri.getPort());
    HTTPRequest request(HTTPRequest::HTTP_GET, target[0] == '/' ? target : "/" + target, HTTPMessage::HTTP_1_1);
    HTTPResponse response;
    WebSocket connection(session, request, response);
    echo(connection);
}

int main(int, char** argv)
{
    try {
        (std::string(argv[1]) == "server" ? server : client)(argv[2]);
    } catch (const Poco::Exception& error) {
        std::cerr << error.displayText() << "\n";
    }
}
