/* wslay, echoing, with a thread for each connection. Arguments: server PORT | client URL.
 *
 * wslay has frames and no opening handshake: that one is ours, and says nothing of wslay.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
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

enum { HEAD_BYTES = 1 << 16, LINES = 1 << 12, LARGEST_MESSAGE = 1 << 28 };

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char TOKEN[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";

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

/* Read a head to its end, and note what came behind it; whether one came. */
static int read_head(struct line *line, char *head)
{
    size_t length = 0;
    while (length < HEAD_BYTES - 1) {
        ssize_t received = recv(line->socket, head + length, HEAD_BYTES - 1 - length, 0);
        if (received <= 0)
            return 0;
        length += received;
        head[length] = 0;
        char *end = memmem(head, length, "\r\n\r\n", 4);
        if (end) {
            line->early = end + 4;
            line->early_length = head + length - line->early;
            end[2] = 0;
            return 1;
        }
    }
    return 0;
}

/* A head, cut into its lines; a fold is a part of the line before it (RFC 9112, 5.2). */
struct head {
    char *lines[LINES];
    int count;
};

/* Whether text is a head in which each line but the first is a field as RFC 9110, 5.1 and 5.5 have it. */
static int cut(char *text, struct head *head)
{
    for (char *fold = text; (fold = strstr(fold, "\r\n")); fold += 2)
        if (fold[2] == ' ' || fold[2] == '\t')
            memcpy(fold, "  ", 2);
    for (char *end; (end = strstr(text, "\r\n")); text = end + 2) {
        *end = 0;
        if (head->count == LINES)
            return 0;
        for (const unsigned char *byte = (unsigned char *)text; *byte; byte++)
            if ((*byte < ' ' && *byte != '\t') || *byte == 0x7f)
                return 0;
        if (head->count && (!strspn(text, TOKEN) || text[strspn(text, TOKEN)] != ':'))
            return 0;
        head->lines[head->count++] = text;
    }
    return !*text && head->count; /* a NUL ends the text before its end, and the last line without its end */
}

/* Join the values of all fields of that name, with commas; return how many there are. */
static int values_of(const struct head *head, const char *name, char *values)
{
    int count = 0;
    size_t length = strlen(name), written = 0;
    *values = 0;
    for (int i = 1; i < head->count; i++) {
        const char *line = head->lines[i];
        if (strncasecmp(line, name, length) || line[length] != ':')
            continue;
        line += length + 1;
        line += strspn(line, " \t");
        size_t end = strlen(line);
        while (end && strchr(" \t", line[end - 1]))
            end--;
        written += sprintf(values + written, "%s%.*s", count++ ? "," : "", (int)end, line);
    }
    return count;
}

/* Whether the list of all fields of that name has the word. */
static int lists(const struct head *head, const char *name, const char *word)
{
    char values[HEAD_BYTES], *rest = values;
    values_of(head, name, values);
    while (*(rest += strspn(rest, ", \t"))) {
        size_t length = strcspn(rest, ","), end = length;
        while (end && strchr(" \t", rest[end - 1]))
            end--;
        if (end == strlen(word) && !strncasecmp(rest, word, end))
            return 1;
        rest += length;
    }
    return 0;
}

static void accept_for(const char *key, char *accept)
{
    unsigned char digest[SHA_DIGEST_LENGTH];
    char joined[256];
    int length = snprintf(joined, sizeof joined, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    SHA1((unsigned char *)joined, length, digest);
    EVP_EncodeBlock((unsigned char *)accept, digest, sizeof digest);
}

/* Whether line is "GET", a target and a version of HTTP from 1.1 on. */
static int is_get(const char *line)
{
    const char *version = strrchr(line, ' ');
    return !strncmp(line, "GET /", 5) && strchr(line + 4, ' ') == version && !strncmp(version, " HTTP/1.", 8) &&
           version[8] >= '1' && version[8] <= '9' && !version[9];
}

/* Write the answer to a head, and return whether it opens (RFC 6455, 4.2). */
static int answer(int socket, char *text)
{
    struct head head = {.count = 0};
    char key[HEAD_BYTES], version[HEAD_BYTES], host[HEAD_BYTES], body[HEAD_BYTES], accept[64];
    text += strncmp(text, "\r\n", 2) ? 0 : 2; /* RFC 9112, 2.2 */
    int is_request = cut(text, &head) && is_get(head.lines[0]) && values_of(&head, "Host", host) == 1 &&
                     !values_of(&head, "Transfer-Encoding", body) &&
                     (!values_of(&head, "Content-Length", body) || !strcmp(body, "0")) &&
                     lists(&head, "Upgrade", "websocket") && lists(&head, "Connection", "Upgrade") &&
                     values_of(&head, "Sec-WebSocket-Key", key) == 1 && strlen(key) == 24 &&
                     strspn(key, BASE64) == 22 && !strcmp(key + 22, "==");
    if (!is_request) {
        dprintf(socket, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        return 0;
    }
    if (values_of(&head, "Sec-WebSocket-Version", version) != 1 || strcmp(version, "13")) {
        dprintf(socket, "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
                        "Sec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n");
        return 0;
    }
    accept_for(key, accept);
    dprintf(socket, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    return 1;
}

static void *serve(void *socket)
{
    struct line line = {.socket = (int)(intptr_t)socket};
    char *head = malloc(HEAD_BYTES);
    if (read_head(&line, head)) {
        if (answer(line.socket, head)) {
            pump(line, 1);
        } else { /* what is still coming must not reset the connection before the answer is read */
            shutdown(line.socket, SHUT_WR);
            while (recv(line.socket, head, HEAD_BYTES, 0) > 0)
                ;
        }
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

/* Connect to "host", "host:port" or the like with an IPv6 address in brackets; -1 if nobody is there. */
static int connect_to(const char *authority, int length)
{
    char host[256], port[8] = "80";
    struct addrinfo *places = NULL, hints = {.ai_socktype = SOCK_STREAM};
    int is_bracketed = *authority == '[', connection = -1;
    if (length > 255 || memchr(authority, '@', length))
        return -1;
    snprintf(host, sizeof host, "%.*s", length - is_bracketed, authority + is_bracketed);
    char *end = host + strcspn(host, is_bracketed ? "]" : ":"), *colon = strchr(end, ':');
    if (colon)
        snprintf(port, sizeof port, "%s", colon + 1);
    *end = 0;
    if (getaddrinfo(host, port, &hints, &places))
        return -1;
    for (struct addrinfo *place = places; place && connection < 0; place = place->ai_next) {
        connection = socket(place->ai_family, SOCK_STREAM, 0);
        if (connect(connection, place->ai_addr, place->ai_addrlen)) {
            close(connection);
            connection = -1;
        }
    }
    freeaddrinfo(places);
    return connection;
}

/* Whether a head opens for the key whose hash is accept, and which asked for nothing more (RFC 6455, 4.1). */
static int opens(char *text, const char *accept)
{
    struct head head = {.count = 0};
    char values[HEAD_BYTES];
    if (!cut(text, &head) || strncmp(head.lines[0], "HTTP/1.1 101", 12) || !strchr(" ", head.lines[0][12]))
        return 0;
    if (values_of(&head, "Upgrade", values) != 1 || strcasecmp(values, "websocket") || !lists(&head, "Connection", "Upgrade"))
        return 0;
    if (values_of(&head, "Sec-WebSocket-Accept", values) != 1 || strcmp(values, accept))
        return 0;
    values_of(&head, "Sec-WebSocket-Extensions", values);
    if (*values)
        return 0;
    values_of(&head, "Sec-WebSocket-Protocol", values);
    return !*values;
}

static int visit(const char *url)
{
    struct line line = {0};
    char key[64], accept[64], *head = malloc(HEAD_BYTES);
    unsigned char nonce[16];
    for (const unsigned char *byte = (unsigned char *)url; *byte; byte++)
        if (*byte <= ' ' || *byte >= 0x7f || *byte == '#')
            return 1;
    if (strncasecmp(url, "ws://", 5)) /* there is no TLS in this program */
        return 1;
    url += 5;
    int length = strcspn(url, "/?");
    line.socket = connect_to(url, length);
    if (line.socket < 0 || getrandom(nonce, sizeof nonce, 0) != sizeof nonce)
        return 1;
    EVP_EncodeBlock((unsigned char *)key, nonce, sizeof nonce);
    accept_for(key, accept);
    dprintf(line.socket, "GET %s%s HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n",
            url[length] == '/' ? "" : "/", url + length, length, url, key);
    if (read_head(&line, head) && opens(head, accept))
        pump(line, 0);
    return 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return strcmp(argv[1], "server") ? visit(argv[2]) : listen_at(atoi(argv[2]));
}
