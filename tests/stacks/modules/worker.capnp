using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(
    name = "main",
    worker = (modules = [(name = "worker.mjs", esModule = embed "out/worker.mjs")], compatibilityDate = "2025-09-01")
  )]
);
