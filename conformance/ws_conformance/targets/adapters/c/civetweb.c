/* CivetWeb, echoing. Arguments: server PORT | client URL.
 *
 * It hands out frames: Pongs, the answer to a Close and the joining of fragments are its user's.
 */
#include <civetweb.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPCODE = 0x0f, FIN = 0x80, LONGEST_CONTROL = 125, PROTOCOL_ERROR = 1002, NO_UTF8 = 1007 };

typedef int writer(struct mg_connection *, int, const char *, size_t);

struct message {
    char *bytes;
    size_t length;
    int opcode, is_under_way;
};

static sem_t over;

/* Whether bytes are UTF-8 (RFC 3629, 4). */
static int is_utf8(const unsigned char *byte, size_t length)
{
    const unsigned char *end = byte + length;
    while (byte < end) {
        int more = *byte < 0x80 ? 0 : *byte < 0xc2 ? -1 : *byte < 0xe0 ? 1 : *byte < 0xf0 ? 2 : *byte < 0xf5 ? 3 : -1;
        unsigned char least = *byte == 0xe0 ? 0xa0 : *byte == 0xf0 ? 0x90 : 0x80;
        unsigned char most = *byte == 0xed ? 0x9f : *byte == 0xf4 ? 0x8f : 0xbf;
        byte++;
        if (more < 0 || end - byte < more)
            return 0;
        for (; more; more--, byte++, least = 0x80, most = 0xbf)
            if (*byte < least || *byte > most)
                return 0;
    }
    return 1;
}

static int fail(struct mg_connection *connection, writer *write, int code)
{
    const char body[] = {code >> 8, code & 0xff};
    write(connection, MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE, body, sizeof body);
    return 0;
}

static int answer_close(struct mg_connection *connection, writer *write, const char *body, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)body;
    int code = length < 2 ? 0 : bytes[0] << 8 | bytes[1];
    if (length > LONGEST_CONTROL ||
        (length && (code < 1000 || (code > 1003 && code < 1007) || (code > 1014 && code < 3000) || code > 4999)))
        return fail(connection, write, PROTOCOL_ERROR);
    if (length && !is_utf8(bytes + 2, length - 2))
        return fail(connection, write, NO_UTF8);
    write(connection, MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE, body, length);
    return 0;
}

static int receive(struct mg_connection *connection, int head, char *bytes, size_t length, struct message *message, writer *write)
{
    int opcode = head & OPCODE, is_continuation = opcode == MG_WEBSOCKET_OPCODE_CONTINUATION;
    switch (opcode) {
    case MG_WEBSOCKET_OPCODE_PING:
        if (length <= LONGEST_CONTROL)
            write(connection, MG_WEBSOCKET_OPCODE_PONG, bytes, length);
        return 1;
    case MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE:
        return answer_close(connection, write, bytes, length);
    case MG_WEBSOCKET_OPCODE_CONTINUATION:
    case MG_WEBSOCKET_OPCODE_TEXT:
    case MG_WEBSOCKET_OPCODE_BINARY:
        break;
    default:
        return 1;
    }
    if (is_continuation != message->is_under_way)
        return fail(connection, write, PROTOCOL_ERROR);
    if (!is_continuation) {
        message->opcode = opcode;
        message->length = 0;
    }
    message->is_under_way = !(head & FIN);
    message->bytes = realloc(message->bytes, message->length + length + 1);
    memcpy(message->bytes + message->length, bytes, length);
    message->length += length;
    if (head & FIN)
        write(connection, message->opcode, message->bytes, message->length);
    return 1;
}

static void on_ready(struct mg_connection *connection, void *nothing)
{
    mg_set_user_connection_data(connection, calloc(1, sizeof(struct message)));
}

static int on_server_data(struct mg_connection *connection, int head, char *bytes, size_t length, void *nothing)
{
    return receive(connection, head, bytes, length, mg_get_user_connection_data(connection), mg_websocket_write);
}

static void on_server_close(const struct mg_connection *connection, void *nothing)
{
    struct message *message = mg_get_user_connection_data(connection);
    if (message)
        free(message->bytes);
    free(message);
}

static int on_client_data(struct mg_connection *connection, int head, char *bytes, size_t length, void *message)
{
    return receive(connection, head, bytes, length, message, mg_websocket_client_write);
}

static void on_client_close(const struct mg_connection *connection, void *message)
{
    sem_post(&over);
}

static int serve(const char *port)
{
    char place[32];
    snprintf(place, sizeof place, "127.0.0.1:%s", port);
    const char *options[] = {"listening_ports", place, "num_threads", "64", "websocket_timeout_ms", "3600000", "tcp_nodelay", "1", NULL};
    struct mg_context *context = mg_start(NULL, NULL, options);
    if (!context)
        return 1;
    mg_set_websocket_handler(context, "/**", NULL, on_ready, on_server_data, on_server_close, NULL);
    for (;;)
        pause();
}

static int visit(const char *url)
{
    char host[256], path[1 << 12], error[256];
    int port = 80, length = 0;
    struct message message = {0};
    for (const unsigned char *byte = (const unsigned char *)url; *byte; byte++)
        if (*byte <= ' ' || *byte >= 0x7f || *byte == '#') /* CivetWeb takes no URI: this is one (RFC 6455, 3) */
            return 1;
    if (sscanf(url, "ws://%255[^/?]%n", host, &length) != 1) /* there is no TLS in this program */
        return 1;
    snprintf(path, sizeof path, "%s%s", url[length] == '/' ? "" : "/", url + length);
    char *colon = strrchr(host, ':'), *bracket = strchr(host, ']');
    if (colon && (!bracket || colon > bracket)) {
        port = atoi(colon + 1);
        *colon = 0;
    }
    sem_init(&over, 0, 0);
    if (!mg_connect_websocket_client(host, port, 0, error, sizeof error, path, NULL, on_client_data, on_client_close, &message))
        return 1;
    return sem_wait(&over);
}

int main(int argc, char **argv)
{
    mg_init_library(0);
    return strcmp(argv[1], "server") ? visit(argv[2]) : serve(argv[2]);
}
