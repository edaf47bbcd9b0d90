/* wslay, echoing, with a thread for each connection. Arguments: server PORT | client URL.
 *
 * wslay has frames and no opening handshake: that one is ours, and says nothing of wslay.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <wslay/wslay.h>

enum { HEAD_BYTES = 1 << 16, LARGEST_MESSAGE = 1 << 28 };

static const char KEY[] = "wsspec's example"; /* 16 bytes, as a key has */

struct line {
    int socket;
    const char *early; /* what came along with the head */
    size_t early_length;
};

static ssize_t receive(wslay_event_context_ptr context, uint8_t *bytes, size_t length, int flags, void *user)
{
    struct line *line = user;
    if (line->early_length) {
        size_t taken = length < line->early_length ? length : line->early_length;
        memcpy(bytes, line->early, taken);
        line->early += taken;
        line->early_length -= taken;
        return taken;
    }
    ssize_t received = recv(line->socket, bytes, length, MSG_DONTWAIT);
    if (received > 0)
        return received;
    int is_early = received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    wslay_event_set_error(context, is_early ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static ssize_t transmit(wslay_event_context_ptr context, const uint8_t *bytes, size_t length, int flags, void *user)
{
    ssize_t sent = send(((struct line *)user)->socket, bytes, length, MSG_NOSIGNAL);
    if (sent < 0)
        wslay_event_set_error(context, WSLAY_ERR_CALLBACK_FAILURE);
    return sent;
}

static int new_masking_key(wslay_event_context_ptr context, uint8_t *bytes, size_t length, void *user)
{
    return getrandom(bytes, length, 0) == (ssize_t)length ? 0 : -1;
}

static void echo(wslay_event_context_ptr context, const struct wslay_event_on_msg_recv_arg *received, void *user)
{
    struct wslay_event_msg message = {received->opcode, received->msg, received->msg_length};
    if (!wslay_is_ctrl_frame(received->opcode))
        wslay_event_queue_msg(context, &message);
}

static void pump(struct line line, int is_server)
{
    const struct wslay_event_callbacks callbacks = {receive, transmit, new_masking_key, NULL, NULL, NULL, echo};
    wslay_event_context_ptr context;
    int one = 1, failed = 0;
    char byte;
    setsockopt(line.socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (is_server ? wslay_event_context_server_init : wslay_event_context_client_init)(&context, &callbacks, &line);
    wslay_event_config_set_max_recv_msg_length(context, LARGEST_MESSAGE);
    while (!failed && (wslay_event_want_read(context) || wslay_event_want_write(context))) {
        if (wslay_event_want_write(context))
            failed = wslay_event_send(context);
        else
            failed = (!line.early_length && recv(line.socket, &byte, 1, MSG_PEEK) <= 0) || wslay_event_recv(context);
    }
    wslay_event_context_free(context);
}

/* Read a head into head, and note what came behind it; NULL if none came. */
static char *read_head(struct line *line, char *head)
{
    size_t length = 0;
    while (length < HEAD_BYTES - 1) {
        ssize_t received = recv(line->socket, head + length, HEAD_BYTES - 1 - length, 0);
        if (received <= 0)
            return NULL;
        length += received;
        head[length] = 0;
        char *end = strstr(head, "\r\n\r\n");
        if (end) {
            line->early = end + 4;
            line->early_length = head + length - line->early;
            return head;
        }
    }
    return NULL;
}

static void accept_for(const char *key, int key_length, char *accept)
{
    unsigned char digest[SHA_DIGEST_LENGTH];
    char joined[256];
    int length = snprintf(joined, sizeof joined, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key_length, key);
    SHA1((unsigned char *)joined, length, digest);
    EVP_EncodeBlock((unsigned char *)accept, digest, sizeof digest);
}

static void *serve(void *socket)
{
    struct line line = {.socket = (int)(intptr_t)socket};
    char *head = malloc(HEAD_BYTES), accept[64], *key = NULL;
    if (read_head(&line, head) && (key = strcasestr(head, "\r\nSec-WebSocket-Key:"))) {
        key += strcspn(key, ":") + 1;
        key += strspn(key, " \t");
        int length = strcspn(key, " \t\r");
        accept_for(key, length < 128 ? length : 128, accept);
        dprintf(line.socket, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
        pump(line, 1);
    } else {
        dprintf(line.socket, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }
    close(line.socket);
    free(head);
    return NULL;
}

static int listen_at(int port)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&place, sizeof place) || listen(listener, SOMAXCONN))
        return 1;
    for (;;) {
        pthread_t thread;
        int connection = accept(listener, NULL, NULL);
        if (connection >= 0 && !pthread_create(&thread, NULL, serve, (void *)(intptr_t)connection))
            pthread_detach(thread);
    }
}

static int visit(const char *url)
{
    struct line line = {.socket = socket(AF_INET, SOCK_STREAM, 0)};
    char host[256], path[1 << 12] = "/", key[64], accept[64], *head = malloc(HEAD_BYTES);
    int port = 80;
    sscanf(url, "ws://%255[^:/]:%d%4095s", host, &port, path);
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(host)};
    if (connect(line.socket, (struct sockaddr *)&place, sizeof place))
        return 1;
    EVP_EncodeBlock((unsigned char *)key, (const unsigned char *)KEY, sizeof KEY - 1);
    accept_for(key, strlen(key), accept);
    dprintf(line.socket, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n", path, host, port, key);
    if (read_head(&line, head) && strstr(head, " 101 ") && strstr(head, accept))
        pump(line, 0);
    return 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return strcmp(argv[1], "server") ? visit(argv[2]) : listen_at(atoi(argv[2]));
}
