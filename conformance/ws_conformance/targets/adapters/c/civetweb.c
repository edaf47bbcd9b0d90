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

enum { OPCODE = 0x0f, FIN = 0x80 };

typedef int writer(struct mg_connection *, int, const char *, size_t);

struct message {
    char *bytes;
    size_t length;
    int opcode;
};

static sem_t over;

static int receive(struct mg_connection *connection, int head, char *bytes, size_t length, struct message *message, writer *write)
{
    switch (head & OPCODE) {
    case MG_WEBSOCKET_OPCODE_PING:
        write(connection, MG_WEBSOCKET_OPCODE_PONG, bytes, length);
        return 1;
    case MG_WEBSOCKET_OPCODE_PONG:
        return 1;
    case MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE:
        write(connection, MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE, bytes, length);
        return 0;
    case MG_WEBSOCKET_OPCODE_CONTINUATION:
        break;
    default:
        message->opcode = head & OPCODE;
        message->length = 0;
    }
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
