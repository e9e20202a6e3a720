// Settings of the shared cache → identifiers, nodes and what its one user may do.
import type { SharedCacheSettings } from "./shared-cache.args.ts";

export const VALKEY_PORT = 6379;

export type SharedCachePlan = {
  /** Identifier of the replication group; IAM names it, so it is plain. */
  readonly identifier: string;
  readonly userId: string;
  readonly accessString: string;
  readonly nodes: number;
  readonly zones: readonly string[];
} & Pick<
  SharedCacheSettings,
  | "engineVersion"
  | "nodeType"
  | "automaticFailover"
  | "snapshotRetentionDays"
  | "autoMinorVersionUpgrade"
  | "protect"
>;

/** Decides what the shared cache consists of. */
export function planSharedCache(settings: SharedCacheSettings): SharedCachePlan {
  const { ownership: _ownership, prefix, zones, replicas, keyPrefix, ...kept } = settings;
  const nodes = replicas + 1;
  return {
    ...kept,
    identifier: `${prefix}-cache`,
    userId: `${prefix}-cache-user`,
    // No command that reads all keys, empties the cache or changes its configuration; clients ask INFO at the start.
    accessString: `on ~${keyPrefix}* &${keyPrefix}* +@all -@admin -@dangerous +info`,
    nodes,
    zones: Array.from({ length: nodes }, (_, index) => zones[index % zones.length] ?? ""),
  };
}
