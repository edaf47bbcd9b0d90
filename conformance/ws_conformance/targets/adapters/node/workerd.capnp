# workerd with the worker beside this file; its port is given on the command line.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "echo", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-01-01")),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "echo")],
);
