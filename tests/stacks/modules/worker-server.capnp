using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(
    name = "main",
    worker = (
      modules = [(name = "worker.mjs", esModule = embed "out/worker-server.mjs")],
      compatibilityDate = "2025-09-01",
      compatibilityFlags = ["nodejs_compat"]
    )
  )]
);
