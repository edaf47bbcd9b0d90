// Boost.Beast, echoing, with a thread for each connection. Arguments: server PORT | client URL.
#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <iostream>
#include <regex>
#include <string>
#include <thread>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using Stream = websocket::stream<tcp::socket>;

constexpr std::size_t largest_message = 1u << 28;

void lift(Stream& stream)
{
    websocket::permessage_deflate deflate;
    deflate.server_enable = deflate.client_enable = true;
    stream.set_option(deflate);
    stream.read_message_max(largest_message);
    stream.next_layer().set_option(tcp::no_delay(true));
}

void echo(Stream& stream)
{
    for (;;) {
        beast::flat_buffer message;
        stream.read(message);
        stream.text(stream.got_text());
        stream.write(message.data());
    }
}

void serve(tcp::socket socket)
{
    try {
        Stream stream(std::move(socket));
        lift(stream);
        stream.accept();
        echo(stream);
    } catch (const std::exception&) {
    }
}

void server(asio::io_context& context, const std::string& port)
{
    tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(std::stoi(port))});
    for (;;)
        std::thread(serve, acceptor.accept()).detach();
}

void client(asio::io_context& context, const std::string& url)
{
    std::smatch parts;
    std::regex_match(url, parts, std::regex("ws://([^:/]+):([0-9]+)(/.*)"));
    Stream stream(context);
    asio::connect(stream.next_layer(), tcp::resolver(context).resolve(parts[1].str(), parts[2].str()));
    lift(stream);
    stream.handshake(parts[1].str() + ":" + parts[2].str(), parts[3].str());
    echo(stream);
}

int main(int, char** argv)
{
    asio::io_context context;
    try {
        (std::string(argv[1]) == "server" ? server : client)(context, argv[2]);
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
    }
}
