// Settings of the cache inside the cluster → Valkey's configuration and who may connect. Pure.
import { selectorLabels, standardLabels } from "../kit/ownership.ts";
import type { ContainerResources } from "../kit/quantities.ts";
import type { ClusterCacheSettings } from "./cluster-cache.args.ts";
import { VALKEY_PORT } from "./shared-cache.plan.ts";
import { toMebibytes } from "./store-fields.ts";

export const CACHE = "cache";

/** Of the memory, as the server's own and what connections buffer come on top of the keys. */
const KEYS_SHARE = 0.75;

export type ClusterCachePlan = {
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly user: number;
  readonly resources: ContainerResources;
  readonly keyPrefix: string;
  /** Lines of `valkey.conf`, without the one that has the password's hash. */
  readonly configuration: readonly string[];
  readonly clients: readonly string[];
};

/** Decides how the cache runs. */
export function planClusterCache(settings: ClusterCacheSettings): ClusterCachePlan {
  const { ownership, user, resources, evict, keyPrefix, clients } = settings;
  const subject = { name: CACHE, instance: CACHE };
  const maxmemory = Math.floor(toMebibytes(resources.memory) * KEYS_SHARE);
  return {
    labels: standardLabels(ownership, subject),
    selector: selectorLabels(subject),
    user,
    resources,
    keyPrefix,
    configuration: [
      `port ${VALKEY_PORT}`,
      "bind * -::*",
      // Off, as every connection has to give the password.
      "protected-mode no",
      'save ""',
      "appendonly no",
      "dir /tmp",
      `maxmemory ${maxmemory}mb`,
      `maxmemory-policy ${evict}`,
    ],
    clients: [...new Set(clients)],
  };
}

/** The same rights as on AWS: no command that reads all keys, empties the cache or changes its configuration. */
export function userLine(plan: Pick<ClusterCachePlan, "keyPrefix">, passwordHash: string): string {
  const { keyPrefix } = plan;
  const keys = `resetkeys ~${keyPrefix}* resetchannels &${keyPrefix}*`;
  return `user default on resetpass #${passwordHash} ${keys} +@all -@admin -@dangerous +info`;
}
