// WebSocket++, echoing. Arguments: server PORT | client URL.
#include <string>
#include <websocketpp/client.hpp>
#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/config/asio_no_tls_client.hpp>
#include <websocketpp/extensions/permessage_deflate/enabled.hpp>
#include <websocketpp/server.hpp>

constexpr std::size_t largest_message = 1u << 28;

template <class Base>
struct Deflating : Base {
    using type = Deflating;
    using base = Base;
    struct permessage_deflate_config {};
    using permessage_deflate_type = websocketpp::extensions::permessage_deflate::enabled<permessage_deflate_config>;
};

template <class Endpoint>
void prepare(Endpoint& endpoint)
{
    endpoint.clear_access_channels(websocketpp::log::alevel::all);
    endpoint.clear_error_channels(websocketpp::log::elevel::all);
    endpoint.init_asio();
    endpoint.set_max_message_size(largest_message);
    endpoint.set_message_handler([&endpoint](websocketpp::connection_hdl connection, typename Endpoint::message_ptr message) {
        websocketpp::lib::error_code gone;
        endpoint.send(connection, message->get_payload(), message->get_opcode(), gone);
    });
    endpoint.set_tcp_post_init_handler([&endpoint](websocketpp::connection_hdl connection) {
        endpoint.get_con_from_hdl(connection)->get_raw_socket().set_option(websocketpp::lib::asio::ip::tcp::no_delay(true));
    });
}

void server(const std::string& port)
{
    websocketpp::server<Deflating<websocketpp::config::asio>> endpoint;
    prepare(endpoint);
    endpoint.set_reuse_addr(true);
    endpoint.listen("127.0.0.1", port);
    endpoint.start_accept();
    endpoint.run();
}

void client(const std::string& url)
{
    websocketpp::client<Deflating<websocketpp::config::asio_client>> endpoint;
    websocketpp::lib::error_code error;
    prepare(endpoint);
    auto connection = endpoint.get_connection(url, error);
    if (error)
        return;
    endpoint.connect(connection);
    endpoint.run();
}

int main(int, char** argv)
{
    (std::string(argv[1]) == "server" ? server : client)(argv[2]);
}
