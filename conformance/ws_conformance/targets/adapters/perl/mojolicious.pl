# Mojolicious, echoing. Arguments: server PORT | client URL.
use Mojolicious::Lite -signatures;
use Mojo::IOLoop;
use Mojo::Server::Daemon;
use Mojo::UserAgent;

use constant VISITS          => 10_000;     # a client comes back for the next case
use constant LARGEST_MESSAGE => 1 << 28;

my %roles = (server => \&server, client => \&client);

sub echo ($connection) {
  $connection->max_websocket_size(LARGEST_MESSAGE);
  $connection->on(text   => sub ($self, $text) { $self->send({text => $text}) });
  $connection->on(binary => sub ($self, $bytes) { $self->send({binary => $bytes}) });
}

sub server ($port) {
  websocket '/*any' => {any => ''} => sub ($controller) {
    $controller->inactivity_timeout(0);
    $controller->tx->with_compression;
    $controller->rendered(101);
    echo($controller->tx);
  };
  app->log->level('fatal');
  Mojo::Server::Daemon->new(app => app, listen => ["http://127.0.0.1:$port"], silent => 1)->run;
}

sub client ($url) {
  my $agent = Mojo::UserAgent->new(inactivity_timeout => 0);
  my $visits = VISITS;
  my $visit;
  $visit = sub {
    return Mojo::IOLoop->stop unless $visits--;
    $agent->websocket($url => {'Sec-WebSocket-Extensions' => 'permessage-deflate'} => sub ($self, $connection) {
      return $visit->() unless $connection->is_websocket;
      echo($connection);
      $connection->on(finish => sub { Mojo::IOLoop->next_tick($visit) });
    });
  };
  $visit->();
  Mojo::IOLoop->start;
}

$roles{$ARGV[0]}->($ARGV[1]);
