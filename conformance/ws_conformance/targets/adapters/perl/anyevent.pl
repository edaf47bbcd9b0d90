# AnyEvent::WebSocket::Client, which has Protocol::WebSocket below, echoing. Argument: the URL.
use strict;
use warnings;
use AnyEvent;
use AnyEvent::WebSocket::Client;

use constant VISITS => 10_000;    # it comes back for the next case

for (1 .. VISITS) {
  my $over   = AnyEvent->condvar;
  my $client = AnyEvent::WebSocket::Client->new(max_payload_size => 1 << 28, max_fragments => 1 << 20);
  my $connection;
  $client->connect($ARGV[0])->cb(sub {
    $connection = eval { shift->recv } or return $over->send;
    $connection->on(each_message => sub { $connection->send($_[1]) });
    $connection->on(finish => sub { $over->send });
  });
  $over->recv;
}
