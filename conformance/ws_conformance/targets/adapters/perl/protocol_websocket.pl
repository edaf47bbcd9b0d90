# Protocol::WebSocket, which does no I/O, with a process for each connection, echoing. Arguments: server PORT | client URL.
use strict;
use warnings;
use IO::Socket::INET;
use Protocol::WebSocket::Frame;
use Protocol::WebSocket::Handshake::Client;
use Protocol::WebSocket::Handshake::Server;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

use constant READ_BYTES => 1 << 16;
use constant NO_LIMIT   => 0;

my %roles = (server => \&server, client => \&client);
my %kinds = (1 => 'text', 2 => 'binary', 8 => 'close', 9 => 'ping');

sub shake_hands {
  my ($socket, $handshake) = @_;
  my $received = '';
  until ($handshake->is_done) {
    sysread($socket, $received, READ_BYTES) or exit;
    $handshake->parse($received) or exit;
  }
  return $received;    # what came behind it
}

sub pump {
  my ($socket, $received, $is_masked) = @_;
  my $frames = Protocol::WebSocket::Frame->new(max_payload_size => NO_LIMIT, max_fragments_amount => 1 << 20);
  setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1);
  do {
    $frames->append($received);
    while (defined(my $payload = $frames->next_bytes)) {
      my $kind = $kinds{$frames->opcode} or next;
      my $type = $kind eq 'ping' ? 'pong' : $kind;
      my $answer = Protocol::WebSocket::Frame->new(
        type => $type, buffer => $payload, masked => $is_masked, max_payload_size => NO_LIMIT);
      print {$socket} $answer->to_bytes;
      return if $kind eq 'close';
    }
  } while (sysread($socket, $received = '', READ_BYTES));
}

sub server {
  my ($port) = @_;
  local $SIG{CHLD} = 'IGNORE';
  my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 128, ReuseAddr => 1) or die $!;
  while (my $socket = $listener->accept) {
    next if fork;
    $socket->autoflush;
    my $handshake = Protocol::WebSocket::Handshake::Server->new;
    my $received  = shake_hands($socket, $handshake);
    print {$socket} $handshake->to_string;
    pump($socket, $received, 0);
    exit;
  }
}

sub client {
  my ($url) = @_;
  my $handshake = Protocol::WebSocket::Handshake::Client->new(url => $url);
  my ($place)   = $url =~ m{^ws://([^/]+)};
  my $socket    = IO::Socket::INET->new(PeerAddr => $place) or die $!;
  $socket->autoflush;
  print {$socket} $handshake->to_string;
  pump($socket, shake_hands($socket, $handshake), 1);
}

$roles{$ARGV[0]}->($ARGV[1]);
