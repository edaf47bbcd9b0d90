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
#include <Poco/UTF8Encoding.h>
#include <iostream>
#include <string>
#include <unistd.h>

using namespace Poco::Net;

constexpr int largest_message = 1 << 28;
constexpr int longest_control = 125;
constexpr int connections = 128;

bool is_utf8(const std::string& text, std::size_t place)
{
    while (place < text.size()) {
        const auto first = static_cast<unsigned char>(text[place]);
        const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data()) + place;
        if (place + length > text.size() || !Poco::UTF8Encoding::isLegal(bytes, static_cast<int>(length)))
            return false;
        place += length;
    }
    return true;
}

void answer_close(WebSocket& connection, const std::string& body)
{
    const int code = body.size() < 2 ? 0 : static_cast<unsigned char>(body[0]) << 8 | static_cast<unsigned char>(body[1]);
    const bool is_known = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    if (body.size() > longest_control || (!body.empty() && !is_known))
        connection.shutdown(WebSocket::WS_PROTOCOL_ERROR);
    else if (!body.empty() && !is_utf8(body, 2))
        connection.shutdown(WebSocket::WS_MALFORMED_PAYLOAD);
    else
        connection.sendFrame(body.data(), static_cast<int>(body.size()), WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_CLOSE);
}

void echo(WebSocket& connection)
{
    std::string message;
    int opcode = 0;
    bool is_under_way = false;
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
        if (received == WebSocket::FRAME_OP_PING && length <= longest_control) {
            connection.sendFrame(payload.begin(), length, WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_PONG);
        } else if (received == WebSocket::FRAME_OP_CLOSE) {
            answer_close(connection, std::string(payload.begin(), length));
            return;
        } else if (received <= WebSocket::FRAME_OP_BINARY) {
            if ((received == WebSocket::FRAME_OP_CONT) != is_under_way) {
                connection.shutdown(WebSocket::WS_PROTOCOL_ERROR);
                return;
            }
            if (!is_under_way) {
                opcode = received;
                message.clear();
            }
            is_under_way = !(flags & WebSocket::FRAME_FLAG_FIN);
            message.append(payload.begin(), length);
            if (!is_under_way)
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
