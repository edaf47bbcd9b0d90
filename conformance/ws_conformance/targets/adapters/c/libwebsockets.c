/* libwebsockets, echoing. Arguments: server PORT | client URL.
 *
 * It hands out parts of messages, and sends when it is writable: so what is whole waits in a queue.
 */
#include <libwebsockets.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES = 1 << 16 };

struct message {
    struct message *next;
    size_t length;
    enum lws_write_protocol kind;
    unsigned char bytes[]; /* LWS_PRE of them are the library's */
};

struct connection {
    unsigned char *part; /* of the message that is coming in, behind LWS_PRE bytes */
    size_t length;
    struct message *first, **end;
};

static int is_over;

static int receive(struct lws *wsi, struct connection *connection, const void *bytes, size_t length)
{
    if (lws_is_first_fragment(wsi))
        connection->length = 0;
    connection->part = realloc(connection->part, connection->length + length + 1);
    memcpy(connection->part + connection->length, bytes, length);
    connection->length += length;
    if (!lws_is_final_fragment(wsi))
        return 0;
    struct message *message = malloc(sizeof *message + LWS_PRE + connection->length);
    message->next = NULL;
    message->length = connection->length;
    message->kind = lws_frame_is_binary(wsi) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
    memcpy(message->bytes + LWS_PRE, connection->part, connection->length);
    *connection->end = message;
    connection->end = &message->next;
    lws_callback_on_writable(wsi);
    return 0;
}

static int transmit(struct lws *wsi, struct connection *connection)
{
    struct message *message = connection->first;
    if (!message)
        return 0;
    connection->first = message->next;
    if (!connection->first)
        connection->end = &connection->first;
    int written = lws_write(wsi, message->bytes + LWS_PRE, message->length, message->kind);
    free(message);
    lws_callback_on_writable(wsi);
    return written < 0 ? -1 : 0;
}

static int echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *bytes, size_t length)
{
    struct connection *connection = user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        connection->end = &connection->first;
        return 0;
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return receive(wsi, connection, bytes, length);
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return transmit(wsi, connection);
    case LWS_CALLBACK_CLOSED:
        free(connection->part);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_CLOSED:
        is_over = 1;
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {{"echo", echo, sizeof(struct connection), BUFFER_BYTES, 0, NULL, 0}, {0}};
static const struct lws_extension extensions[] = {
    {"permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate; client_max_window_bits"}, {0}};

static void connect_to(struct lws_context *context, char *url)
{
    struct lws_client_connect_info place = {.context = context, .local_protocol_name = "echo"};
    const char *scheme, *rest;
    char path[1 << 12], host[1 << 8];
    lws_parse_uri(url, &scheme, &place.address, &place.port, &rest);
    if (!strcasecmp(scheme, "wss")) { /* there is no TLS in this program */
        is_over = 1;
        return;
    }
    lws_snprintf(path, sizeof path, "/%s", *rest == '/' ? rest + 1 : rest); /* it is "/" where nothing follows */
    lws_snprintf(host, sizeof host, strchr(place.address, ':') ? "[%s]:%d" : "%s:%d", place.address, place.port);
    place.path = path;
    place.host = host;
    lws_client_connect_via_info(&place);
}

int main(int argc, char **argv)
{
    int is_server = !strcmp(argv[1], "server");
    struct lws_context_creation_info info = {
        .port = is_server ? atoi(argv[2]) : CONTEXT_PORT_NO_LISTEN,
        .iface = is_server ? "127.0.0.1" : NULL,
        .protocols = protocols,
        .extensions = extensions,
        .pt_serv_buf_size = BUFFER_BYTES,
        .options = LWS_SERVER_OPTION_VALIDATE_UTF8, /* off by default */
    };
    signal(SIGPIPE, SIG_IGN);
    lws_set_log_level(0, NULL);
    struct lws_context *context = lws_create_context(&info);
    if (!context)
        return 1;
    if (!is_server)
        connect_to(context, argv[2]);
    while (!is_over && lws_service(context, 0) >= 0)
        ;
    lws_context_destroy(context);
    return 0;
}
