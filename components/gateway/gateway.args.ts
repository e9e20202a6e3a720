// Settings of the gateway: how many pods, how it is reached, and how long it waits for models.
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { SecretArgs, ServiceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { PodDisruptionBudgetArgs } from "@pulumi/kubernetes/policy/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { gatewayRuntime } from "../../serving/contract/runtime-config.ts";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { containerResources } from "../kit/quantities.ts";
import { rolloutSettings } from "../kit/rollout.ts";
import { providers } from "./provider.args.ts";

const NODE_PORT = "a node port from 30000 to 32767";

const runtime = gatewayRuntime.shape;

/** Settings of the gateway as they stand in a stack file. */
export const gatewayFields = z.strictObject({
  replicas: z
    .int("a whole number from 1 up")
    .min(1, "a whole number from 1 up")
    .default(2)
    .describe("Pods of the gateway."),
  resources: containerResources
    .prefault({ cpu: "1", memory: "512Mi" })
    .describe("CPU and memory of one pod; 1 core and 512Mi when left out."),
  service: z
    .discriminatedUnion("kind", [
      z.strictObject({
        kind: z
          .literal("clusterIp")
          .describe("Reached inside the cluster, or through a load balancer before it."),
      }),
      z.strictObject({
        kind: z.literal("nodePort").describe("Reached on a port of every node."),
        port: z.int(NODE_PORT).min(30_000, NODE_PORT).max(32_767, NODE_PORT).default(30_080),
      }),
    ])
    .default({ kind: "clusterIp" })
    .describe("How the gateway is reached; inside the cluster only when left out."),
  rollout: rolloutSettings.describe(
    "How pods are replaced; one more at a time and none fewer when left out.",
  ),
  spread: z
    .enum(["prefer", "require"])
    .default("prefer")
    .describe("Spread over zones and nodes: `require` leaves a pod pending rather than unevenly placed."),
  createGatewayClass: z
    .boolean()
    .default(true)
    .describe("`false` where another environment of the same cluster has created the GatewayClass `rampa`."),
  timeouts: runtime.timeouts.describe("How long the gateway waits for a model, by phase."),
  hold: runtime.hold
    .unwrap()
    .optional()
    .describe(
      "How requests wait for a version that may sleep; at most 1000 of them and 60 s each when left out.",
    ),
  limits: runtime.limits.describe("Largest request body and its deepest nesting."),
  drain: runtime.drain.describe("How a pod that stops finishes its answers."),
  log: runtime.log.describe("What the log holds."),
});

export const gatewaySettings = gatewayFields.extend({
  ownership,
  namespace: dnsLabel.describe("Namespace whose routes the gateway obeys."),
  providers,
});

export type GatewaySettings = z.output<typeof gatewaySettings>;

export type GatewayRefs = {
  readonly namespace: Input<string>;
  /** Image reference by digest. */
  readonly image: Input<string>;
  readonly serviceAccount: Input<string>;
  readonly priorityClass: Input<string>;
  /** Name of the Secret with the client keys file. */
  readonly keysSecret: Input<string>;
  /** Changes whenever that file does, so that pods are replaced. */
  readonly keysChecksum: Input<string>;
  /** The key at each provider whose `key.from` is `config`; secret. */
  readonly providerKeys?: Readonly<Record<string, Input<string>>>;
};

export type GatewayOverride = {
  readonly deployment?: Override<DeploymentArgs>;
  readonly service?: Override<ServiceArgs>;
  readonly disruptionBudget?: Override<PodDisruptionBudgetArgs>;
  readonly gateway?: Override<CustomResourceArgs>;
  /** The Secrets of providers' keys. */
  readonly providerKey?: Override<SecretArgs>;
};

export type GatewayArgs = z.input<typeof gatewaySettings> & {
  readonly refs: GatewayRefs;
  /** Changes to single children, by name. */
  readonly override?: GatewayOverride;
};
