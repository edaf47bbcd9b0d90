% SWI-Prolog's library(http/websocket), echoing. Argument: the port.
:- use_module(library(http/http_dispatch)).
:- use_module(library(http/thread_httpd)).
:- use_module(library(http/websocket)).
:- http_handler(root(.), http_upgrade_to_websocket(echo, []), [prefix, spawn([])]).
:- initialization(main, main).

main([Word]) :-
    atom_number(Word, Port),
    http_server(http_dispatch, [port(localhost:Port), workers(64)]),
    thread_get_message(stop).

echo(Connection) :-
    ws_receive(Connection, Message),
    (   Message.opcode == close
    ->  true
    ;   answer(Connection, Message),
        echo(Connection)
    ).

answer(Connection, Message) :-
    memberchk(Message.opcode, [text, binary]),
    !,
    ws_send(Connection, Message).
answer(_, _).
