// Qt WebSockets, echoing. Arguments: server PORT | client URL.
#include <QCoreApplication>
#include <QWebSocket>
#include <QWebSocketServer>

constexpr quint64 largest_message = 1u << 28;

void echo(QWebSocket* connection)
{
    connection->setMaxAllowedIncomingFrameSize(largest_message);
    connection->setMaxAllowedIncomingMessageSize(largest_message);
    QObject::connect(connection, &QWebSocket::textMessageReceived, connection, &QWebSocket::sendTextMessage);
    QObject::connect(connection, &QWebSocket::binaryMessageReceived, connection, &QWebSocket::sendBinaryMessage);
}

int main(int argc, char** argv)
{
    QCoreApplication application(argc, argv);
    const QString role = argv[1], place = argv[2];
    if (role == "server") {
        QWebSocketServer server("echo", QWebSocketServer::NonSecureMode);
        QObject::connect(&server, &QWebSocketServer::newConnection, [&server] {
            QWebSocket* connection = server.nextPendingConnection();
            echo(connection);
            QObject::connect(connection, &QWebSocket::disconnected, connection, &QObject::deleteLater);
        });
        return server.listen(QHostAddress("127.0.0.1"), place.toUShort()) ? application.exec() : 1;
    }
    QWebSocket connection;
    echo(&connection);
    QObject::connect(&connection, &QWebSocket::disconnected, &application, &QCoreApplication::quit);
    connection.open(QUrl(place));
    return application.exec();
}
