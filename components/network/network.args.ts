// Settings of the namespace's isolation: who may reach the gateway, who may scrape, where models may fetch from.
import type { NetworkPolicyArgs } from "@pulumi/kubernetes/networking/v1/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

/** Private and carrier-grade address space. */
export const PRIVATE_RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];

const PORT = "a port from 1 to 65535";

const range = z.cidrv4("an IPv4 range, e.g. 10.0.0.0/8");

export const networkFields = z.strictObject({
  clients: z
    .array(range)
    .default([])
    .describe(
      "Address ranges that may reach the gateway; none when left out. A range that pods have addresses of lets these pods in.",
    ),
  clientNamespaces: z
    .array(dnsLabel)
    .default([])
    .describe("Namespaces whose pods may reach the gateway; none when left out."),
  apiServers: z
    .array(range)
    .min(1, "at least one range")
    .optional()
    .describe(
      "Address ranges of the API server, that of its Service included, which the gateway may reach on ports 443 and 6443. When left out, those of the embedded local cluster, and any address on any other cluster.",
    ),
  monitoringNamespace: dnsLabel
    .optional()
    .describe("Namespace whose pods may scrape metrics; nobody may when left out."),
  artefactServers: z
    .array(
      z.strictObject({
        range: z.cidrv4("an IPv4 range, e.g. 10.1.2.3/32").describe("Addresses of the server."),
        port: z.int(PORT).min(1, PORT).max(65_535, PORT).default(443).describe("TCP port of the server."),
      }),
    )
    .default([])
    .describe(
      "Private addresses that model pods may fetch their weights from: each a `range` and a `port`, 443 when left out. Public ones are open on port 443.",
    ),
});

export const networkSettings = networkFields.extend({
  ownership,
  artefacts: z
    .enum(["cached", "fetched"])
    .default("cached")
    .describe(
      "`fetched` lets model pods open HTTPS connections to public addresses and to `artefactServers`, for their weights.",
    ),
  providers: z
    .record(
      dnsLabel,
      z.strictObject({
        port: z.int(PORT).min(1, PORT).max(65_535, PORT).default(443).describe("TCP port of the provider."),
        addresses: z
          .array(z.union([z.cidrv4(), z.cidrv6()], "an address range, e.g. 203.0.113.0/24"))
          .min(1, "at least one range")
          .optional()
          .describe("Its address ranges; every public address when left out."),
      }),
    )
    .default({})
    .describe("Providers of models that the gateway may call, by name; none when left out."),
  podIdentity: z
    .boolean()
    .default(false)
    .describe("Whether model pods get credentials of AWS from the Pod Identity agent of their node."),
});

export type NetworkSettings = z.output<typeof networkSettings>;

export type NetworkRefs = {
  readonly namespace: Input<string>;
};

export type NetworkArgs = z.input<typeof networkSettings> & {
  readonly refs: NetworkRefs;
  /** Changes to single policies, by their Kubernetes name. */
  readonly override?: Readonly<Record<string, Override<NetworkPolicyArgs>>>;
};
