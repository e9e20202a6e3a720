// Settings of monitoring without an operator: what is watched, and the Prometheus and Alertmanager that do it.
import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { dnsLabel, endpointName, semanticVersion } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { containerResources } from "../kit/quantities.ts";
import { monitoringSettings } from "./monitoring.args.ts";

const DAYS = "whole days from 1 to 90";
const MIB = "whole MiB from 512 to 51200";

const range = z.cidrv4("an IPv4 range, e.g. 10.0.0.0/16");

/** Settings of the two servers as they stand in a stack file. */
export const standaloneServer = z.strictObject({
  namespace: dnsLabel.default("monitoring").describe("Namespace of Prometheus and Alertmanager."),
  retentionDays: z
    .int(DAYS)
    .min(1, DAYS)
    .max(90, DAYS)
    .default(7)
    .describe("Days that measurements are kept."),
  storageMib: z
    .int(MIB)
    .min(512, MIB)
    .max(51_200, MIB)
    .default(1024)
    .describe(
      "Space of Prometheus on its node; the oldest measurements go before it is full, all of them with the pod.",
    ),
  prometheus: containerResources
    .prefault({ cpu: "500m", cpuRequest: "50m", memory: "256Mi" })
    .describe("CPU and memory of Prometheus; half a core and 256Mi when left out."),
  alertmanager: containerResources
    .prefault({ cpu: "200m", cpuRequest: "10m", memory: "96Mi" })
    .describe("CPU and memory of Alertmanager; a fifth of a core and 96Mi when left out."),
  clusterDomain: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "a domain, e.g. cluster.local")
    .default("cluster.local")
    .describe("Domain of the cluster's Services."),
  clientNamespaces: z
    .array(dnsLabel)
    .default([])
    .describe("Namespaces whose pods may query Prometheus, e.g. `keda`; none when left out."),
  receiverRanges: z
    .array(range)
    .default([])
    .describe("Addresses that Alertmanager may send to on ports 443 and 587; none when left out."),
});

export const standaloneSettings = monitoringSettings
  .omit({ gpus: true })
  .extend({
    server: standaloneServer.prefault({}).describe("Prometheus and Alertmanager."),
    endpoints: z
      .record(endpointName, z.array(semanticVersion).min(1, "at least one version"))
      .describe("Versions by endpoint: their pods are scraped, beside the gateway's."),
  })
  .refine((it) => it.server.namespace !== it.namespace, {
    path: ["server", "namespace"],
    message: "another namespace than the watched one, as it is closed but for what monitoring needs",
  })
  .refine((it) => it.ownership.environment !== "prod", {
    path: ["ownership", "environment"],
    message: "another environment than prod: one Prometheus loses with its pod what it measured",
  });

export type StandaloneSettings = z.output<typeof standaloneSettings>;

export type StandaloneRefs = {
  /** The watched namespace. */
  readonly namespace: Input<string>;
  /** Image references by digest, whose entry points are the servers. */
  readonly images: { readonly prometheus: Input<string>; readonly alertmanager: Input<string> };
};

export type StandaloneArgs = z.input<typeof standaloneSettings> & {
  readonly refs: StandaloneRefs;
  /** Changes to single children, by name. */
  readonly override?: {
    readonly prometheus?: Override<DeploymentArgs>;
    readonly alertmanager?: Override<DeploymentArgs>;
  };
};
