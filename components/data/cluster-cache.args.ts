// Settings of the cache inside the cluster: Valkey for what pods share and can lose.
import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import type { Override } from "../kit/override.ts";
import { storeFields, storeResources } from "./store-fields.ts";

export const clusterCacheSettings = storeFields.extend({
  resources: storeResources({ cpu: "500m", cpuRequest: "50m", memory: "128Mi" }),
  evict: z
    .enum(["allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-ttl", "noeviction"])
    .default("allkeys-lru")
    .describe(
      "Which keys go when the memory is full, in Valkey's words; with `noeviction`, writes are refused.",
    ),
  keyPrefix: z
    .string()
    .regex(/^[a-z][a-z0-9-]*:$/, "lower-case letters, digits and dashes, then a colon, e.g. rampa:")
    .default("rampa:")
    .describe("What every key and channel of the platform starts with; others are refused."),
});

export type ClusterCacheSettings = z.output<typeof clusterCacheSettings>;

export type ClusterCacheRefs = {
  readonly namespace: Input<string>;
  /** By digest. Needs the program `valkey-server`. */
  readonly image: Input<string>;
  readonly priorityClass: Input<string>;
};

export type ClusterCacheArgs = z.input<typeof clusterCacheSettings> & {
  readonly refs: ClusterCacheRefs;
  /** Changes to single children, by name. */
  readonly override?: { readonly server?: Override<DeploymentArgs> };
};
