// Where local state and caches live: `.rampa/` inside the checkout, downloads and builds outside it.
import { homedir } from "node:os";
import { join, resolve } from "node:path";

const checkout = resolve(import.meta.dirname, "../..");
const home = resolve(process.env.RAMPA_HOME ?? join(checkout, ".rampa"));
const cache =
  process.env.RAMPA_CACHE_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "rampa");

export const paths = {
  checkout,
  /** State of this checkout's local environment; removed by `rampa down --purge`. RAMPA_HOME gives tests their own. */
  home,
  /** Put first on PATH: node, pulumi, plugins, kubectl, rampa. */
  bin: join(home, "bin"),
  /** Pulumi file backend. */
  state: join(home, "state"),
  passphrase: join(home, "passphrase"),
  cluster: join(home, "cluster"),
  images: join(home, "images"),
  /** Volumes of the local cluster's stores; they outlive the cluster. */
  data: join(home, "data"),
  logs: join(home, "logs"),
  /** Tools and builds by version, shared between checkouts; safe to delete. */
  cache,
  /** Verified model artefacts at `models/sha256/<digest>`; mounted into the local cluster's node. */
  models: join(cache, "models"),
} as const;
