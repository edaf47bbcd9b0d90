-- The client of lua-http, echoing. Argument: the URL.
local websocket = require "http.websocket"

local VISITS = 10000 -- it comes back for the next case

for _ = 1, VISITS do
  local connection = websocket.new_from_uri(arg[1])
  if connection:connect() then
    for message, kind in connection:each() do
      if not connection:send(message, kind) then break end
    end
    connection:close()
  end
end
