// Settings of the monitoring stack: how much it keeps, how many of each, and which ways out it has.
import type { ReleaseArgs } from "@pulumi/kubernetes/helm/v3/index.js";
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

const DAYS = "whole days from 1 to 365";
const PORT = "a port from 1 to 65535";
const GIB = "whole GiB from 5 to 2000";

const range = z.cidrv4("an IPv4 range, e.g. 10.0.0.0/16");

export const monitoringStackFields = z.strictObject({
  ownership,
  namespace: dnsLabel.default("monitoring").describe("Namespace of the stack."),
  highlyAvailable: z
    .boolean()
    .default(true)
    .describe("Two of Prometheus and three of Alertmanager, spread over zones; one of each when false."),
  retentionDays: z
    .int(DAYS)
    .min(1, DAYS)
    .max(365, DAYS)
    .default(15)
    .describe("Days that measurements are kept."),
  storageGib: z
    .int(GIB)
    .min(5, GIB)
    .max(2000, GIB)
    .default(50)
    .describe("Volume of each Prometheus; the oldest measurements go before it is full."),
  storageClass: dnsLabel.optional().describe("Class of the volumes; the cluster's default when left out."),
  nodeRanges: z
    .array(range)
    .min(1, "at least one range")
    .describe(
      "Addresses of nodes and of the API server, that of its Service included: the VPC's and the Service range.",
    ),
  scrapes: z
    .record(dnsLabel, z.array(z.int(PORT).min(1, PORT).max(65_535, PORT)).min(1, "at least one port"))
    .refine((scrapes) => Object.keys(scrapes).length > 0, "at least one namespace")
    .default({ rampa: [8080], "gpu-metrics": [9400], "kube-system": [9153] })
    .describe(
      "TCP ports that Prometheus may scrape, by namespace; those of the gateway and the models, of the GPU exporter and of CoreDNS when left out.",
    ),
  clientNamespaces: z
    .array(dnsLabel)
    .default([])
    .describe("Namespaces whose pods may query Prometheus, beside its own; none when left out."),
  receiverRanges: z
    .array(range)
    .default([])
    .describe("Addresses that Alertmanager may send to on ports 443 and 587; none when left out."),
});

export const monitoringStackSettings = monitoringStackFields.refine(
  (it) => it.highlyAvailable || it.ownership.environment !== "prod",
  {
    path: ["highlyAvailable"],
    message: "true in prod",
  },
);

export type MonitoringStackSettings = z.output<typeof monitoringStackSettings>;

export type MonitoringStackArgs = z.input<typeof monitoringStackSettings> & {
  /** Changes to single children, by name. */
  readonly override?: { readonly release?: Override<ReleaseArgs> };
};
