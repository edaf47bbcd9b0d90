%% Yaws, within this program, echoing. Arguments: PORT FOLDER.
-module(yaws_echo).
-export([main/1, out/1, handle_message/1]).

-define(LARGEST, 268435456).

main([Port, Folder]) ->
    Server = [{listen, {127, 0, 0, 1}}, {port, list_to_integer(Port)}, {servername, "echo"}, {appmods, [{"/", ?MODULE}]}],
    ok = yaws:start_embedded(Folder, Server, [{logdir, Folder}, {id, "echo"}], "echo"),
    receive never -> ok end.

out(_Request) ->
    {websocket, ?MODULE, [{max_frame_size, ?LARGEST}, {max_message_size, ?LARGEST}, {timeout, infinity},
                          {close_unmasked_frames, true}]}.

handle_message({text, Text}) -> {reply, {text, Text}};
handle_message({binary, Bytes}) -> {reply, {binary, Bytes}};
handle_message({close, Code, Reason}) -> {close, Code, Reason}.
