%% Cowboy's server and Gun's client, echoing. Arguments: server PORT | client URL.
-module(cowboy_echo).
-export([main/1, init/2, websocket_handle/2, websocket_info/2]).

-define(VISITS, 10000). % a client comes back for the next case

main(["server", Port]) ->
    {ok, _} = application:ensure_all_started(cowboy),
    Dispatch = cowboy_router:compile([{'_', [{'_', ?MODULE, []}]}]),
    Place = [{ip, {127, 0, 0, 1}}, {port, list_to_integer(Port)}],
    {ok, _} = cowboy:start_clear(echo, Place, #{env => #{dispatch => Dispatch}, idle_timeout => infinity}),
    receive never -> ok end;
main(["client", Url]) ->
    {ok, _} = application:ensure_all_started(gun),
    [visit(uri_string:parse(Url)) || _ <- lists:seq(1, ?VISITS)],
    halt().

init(Request, State) ->
    {cowboy_websocket, Request, State, #{compress => true, idle_timeout => infinity}}.

websocket_handle({Kind, Payload}, State) when Kind =:= text; Kind =:= binary -> {[{Kind, Payload}], State};
websocket_handle(_Control, State) -> {[], State}.

websocket_info(_Message, State) -> {[], State}.

visit(#{host := Host, port := Port, path := Path}) ->
    {ok, Connection} = gun:open(Host, Port, #{retry => 0, protocols => [http], ws_opts => #{compress => true}}),
    Monitor = monitor(process, Connection),
    gun:ws_upgrade(Connection, Path),
    pump(Connection, Monitor),
    gun:close(Connection),
    gun:flush(Connection).

pump(Connection, Monitor) ->
    receive
        {gun_ws, Connection, _, {Kind, _}} when Kind =:= ping; Kind =:= pong -> pump(Connection, Monitor);
        {gun_ws, Connection, _, Frame} -> gun:ws_send(Connection, Frame), pump(Connection, Monitor); % a Close as well
        {gun_response, Connection, _, _, _, _} -> ok;
        {gun_error, Connection, _, _} -> ok;
        {gun_error, Connection, _} -> ok;
        {gun_down, Connection, _, _, _, _} -> ok;
        {gun_down, Connection, _, _, _} -> ok;
        {'DOWN', Monitor, _, _, _} -> ok;
        _Other -> pump(Connection, Monitor)
    end.
