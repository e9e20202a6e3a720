// Settings of the namespace's isolation: who may reach the gateway, who may scrape, where models may fetch from.
import type { NetworkPolicyArgs } from "@pulumi/kubernetes/networking/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

/** Private and carrier-grade address space: where NodePort traffic of a cluster comes from. */
export const PRIVATE_RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];

export const networkFields = z.strictObject({
  clients: z
    .array(z.cidrv4("an IPv4 range, e.g. 10.0.0.0/8"))
    .min(1, "at least one range")
    .default(PRIVATE_RANGES)
    .describe("Address ranges that may reach the gateway; the private ranges when left out."),
  monitoringNamespace: dnsLabel
    .optional()
    .describe("Namespace whose pods may scrape metrics; nobody may when left out."),
});

export const networkSettings = networkFields.extend({
  ownership,
  artefacts: z
    .enum(["cached", "fetched"])
    .default("cached")
    .describe("`fetched` lets model pods open HTTPS connections to public addresses, for their weights."),
});

export type NetworkSettings = z.output<typeof networkSettings>;

export type NetworkRefs = {
  readonly namespace: Input<string>;
  /** IPv4 addresses of the API server, its Service included; without them the gateway is let out by port. */
  readonly apiServerAddresses?: readonly Input<string>[];
};

export type NetworkArgs = z.input<typeof networkSettings> & {
  readonly refs: NetworkRefs;
  /** Changes to single policies, by their Kubernetes name. */
  readonly override?: Readonly<Record<string, Override<NetworkPolicyArgs>>>;
};
