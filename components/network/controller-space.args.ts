// Settings of a controller's namespace: which pods it takes, who may call them, and what they may call.
import type { NamespaceArgs } from "@pulumi/kubernetes/core/v1/index.js";
import type { NetworkPolicyArgs } from "@pulumi/kubernetes/networking/v1/index.js";
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

const PORT = "a port from 1 to 65535";
const REASON = "a reason of at least 10 characters";

const ports = z.array(z.int(PORT).min(1, PORT).max(65_535, PORT));
const somePorts = ports.min(1, "at least one port");

export const controllerSpaceSettings = z.strictObject({
  ownership,
  namespace: dnsLabel.describe("Name of the namespace."),
  podSecurity: z
    .enum(["restricted", "baseline", "privileged"])
    .default("restricted")
    .describe("Pod Security Standard that it enforces: the strictest that the chart's pods meet."),
  apiServers: z
    .array(z.cidrv4("an IPv4 range, e.g. 10.0.0.0/16"))
    .min(1, "at least one range")
    .describe(
      "Addresses of the API server, that of its Service included: pods call it on ports 443 and 6443, and it calls their `webhooks`. On EKS the VPC's range and the Service range.",
    ),
  webhooks: ports
    .default([])
    .describe(
      "TCP ports on which the API server calls the pods: admission webhooks and APIs that they add; none when left out.",
    ),
  within: ports
    .default([])
    .describe("TCP ports on which pods of the namespace call each other; none when left out."),
  scrapes: z
    .record(dnsLabel, somePorts)
    .default({})
    .describe("TCP ports that pods of other namespaces may scrape, by namespace; none when left out."),
  calls: z
    .record(dnsLabel, somePorts)
    .default({})
    .describe("TCP ports of other namespaces that the pods may call, by namespace; none when left out."),
  podIdentity: z
    .boolean()
    .default(false)
    .describe("Whether pods get the credentials of roles from the Pod Identity agent of their node."),
  internetReason: z
    .string()
    .trim()
    .min(10, REASON)
    .optional()
    .describe(
      "Why the pods may call every public address on port 443, in a sentence; they may not when left out.",
    ),
});

export type ControllerSpaceSettings = z.output<typeof controllerSpaceSettings>;

export type ControllerSpaceArgs = z.input<typeof controllerSpaceSettings> & {
  /** Changes to single children, by name. */
  readonly override?: {
    readonly namespace?: Override<NamespaceArgs>;
    readonly traffic?: Override<NetworkPolicyArgs>;
  };
};
