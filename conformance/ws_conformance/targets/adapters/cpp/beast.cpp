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
    // Beast takes no URI: this one is without a fragment, and what is no ASCII is not in it (RFC 6455, 3).
    static const std::regex form("ws://(?:([!-.0-9;=A-Z_a-z~]+)|\\[([:.0-9A-F]+)\\])(?::([0-9]+))?"
                                 "((?:/[!\"$->@-~]*)?(?:\\?[!\"$-~]*)?)",
                                 std::regex::icase);
    std::smatch parts;
    if (!std::regex_match(url, parts, form))
        throw std::invalid_argument("no URI of ws");
    Stream stream(context);
    const std::string host = parts[1].str() + parts[2].str(), port = parts[3].matched ? parts[3].str() : "80";
    asio::connect(stream.next_layer(), tcp::resolver(context).resolve(host, port));
    lift(stream);
    const std::string target = parts[4].str(); // a slash stands before a query alone
    const std::string authority = url.substr(5, url.size() - 5 - target.size());
    stream.handshake(authority, target.substr(0, 1) == "/" ? target : "/" + target);
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
