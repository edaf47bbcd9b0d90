// The client of System.Net.WebSockets as Mono has it, echoing. It hands out parts of messages. Argument: the URL.
using System;
using System.IO;
using System.Net.WebSockets;
using System.Threading;
using System.Threading.Tasks;

static class Echo
{
    const int Visits = 10000; // it comes back for the next case
    static readonly CancellationToken Never = CancellationToken.None;

    static void Main(string[] arguments)
    {
        for (int visit = 0; visit < Visits; visit++) {
            try {
                Visit(new Uri(arguments[0])).Wait();
            } catch (AggregateException) {
                continue;
            }
        }
    }

    static async Task Visit(Uri uri)
    {
        using (var connection = new ClientWebSocket()) {
            await connection.ConnectAsync(uri, Never);
            var part = new ArraySegment<byte>(new byte[1 << 16]);
            var message = new MemoryStream();
            while (true) {
                var received = await connection.ReceiveAsync(part, Never);
                if (received.MessageType == WebSocketMessageType.Close) {
                    var code = connection.CloseStatus == WebSocketCloseStatus.Empty ? WebSocketCloseStatus.NormalClosure : connection.CloseStatus;
                    await connection.CloseOutputAsync(code.Value, "", Never);
                    return;
                }
                message.Write(part.Array, 0, received.Count);
                if (received.EndOfMessage) {
                    await connection.SendAsync(new ArraySegment<byte>(message.ToArray()), received.MessageType, true, Never);
                    message.SetLength(0);
                }
            }
        }
    }
}
