// Settings of the way in from outside the cluster: its name, who may call it, and how long a stream may be silent.
import type { CertificateArgs } from "@pulumi/aws/acm/certificate.js";
import type { CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/index.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { regionName } from "../kit/aws-account.ts";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";

/** Private and carrier-grade address space. */
const PRIVATE_RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
/** A wider range is a part of the internet rather than a caller. */
const SHORTEST_PREFIX = 8;

const IDLE = "a whole number of seconds from 60 to 4000";
const DRAIN = "a whole number of seconds from 0 to 3600";

const hostName = z
  .string()
  .max(64, "at most 64 characters, as in a certificate")
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/,
    "a host name in lower case, e.g. models.example.com",
  );

const hostedZone = z
  .string()
  .regex(/^Z[A-Z0-9]{4,31}$/, "the id of a Route 53 hosted zone, e.g. Z0123456789ABC");

const clientRange = z
  .cidrv4("an IPv4 range, e.g. 203.0.113.0/24")
  .refine((range) => Number(range.split("/")[1]) >= SHORTEST_PREFIX, "a range of /8 or narrower");

export const ingressSettings = z.strictObject({
  ownership,
  namespace: dnsLabel
    .default("rampa-ingress")
    .describe(
      "Namespace of the Gateway and its routes, and name of its class. Not that of the platform: its gateway takes every route beside it for an endpoint.",
    ),
  region: regionName.describe("Region of the load balancer."),
  hostname: hostName.describe("Name that callers use; the certificate is for it."),
  hostedZoneId: hostedZone.describe(
    "Public Route 53 zone of that name, in which the certificate is validated.",
  ),
  privateZoneId: hostedZone
    .optional()
    .describe("Private zone that gets the record of the name; the public one when left out."),
  exposure: z
    .discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("internal").describe("Addresses inside the network only."),
        clients: z
          .array(clientRange)
          .min(1, "at least one range")
          .default(PRIVATE_RANGES)
          .describe("Address ranges that may call."),
      }),
      z.strictObject({
        kind: z.literal("internet").describe("Public addresses; policies ask for an exemption."),
        clients: z.array(clientRange).min(1, "at least one range").describe("Address ranges that may call."),
      }),
    ])
    .prefault({ kind: "internal" })
    .describe("From where it can be reached; from private addresses only when left out."),
  tlsPolicy: z
    .enum([
      "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
      "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
      "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
    ])
    .default("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09")
    .describe("TLS versions and ciphers; 1.2 with forward secrecy and 1.3 when left out."),
  plainHttp: z
    .enum(["redirect", "closed"])
    .default("redirect")
    .describe("Port 80: `redirect` sends callers to HTTPS, `closed` does not answer."),
  idleSeconds: z
    .int(IDLE)
    .min(60, IDLE)
    .max(4000, IDLE)
    .default(600)
    .describe("How long a connection may be silent: the longest wait for a token."),
  drainSeconds: z
    .int(DRAIN)
    .min(0, DRAIN)
    .max(3600, DRAIN)
    .default(300)
    .describe("How long answers of a pod that stops may still run."),
  accessLogs: z
    .strictObject({
      bucket: z
        .string()
        .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of a bucket")
        .describe("Bucket that load balancers may write to."),
      prefix: z
        .string()
        .regex(/^[^/](.*[^/])?$/, "a prefix without slashes at its ends")
        .default("rampa")
        .describe("Prefix of the logs' keys."),
    })
    .optional()
    .describe("Where a line for each request goes; nowhere when left out."),
  protect: z
    .boolean()
    .default(true)
    .describe("Refuses to delete the load balancer; set it to `false` and deploy before a `destroy`."),
});

export type IngressSettings = z.output<typeof ingressSettings>;

export type IngressRefs = {
  /** Namespace and Service of the platform's gateway. */
  readonly serviceNamespace: Input<string>;
  readonly serviceName: Input<string>;
  readonly privateSubnetIds: readonly Input<string>[];
  readonly publicSubnetIds: readonly Input<string>[];
};

export type IngressOverride = {
  readonly certificate?: Override<CertificateArgs>;
  readonly loadBalancer?: Override<CustomResourceArgs>;
  readonly targets?: Override<CustomResourceArgs>;
  readonly gateway?: Override<CustomResourceArgs>;
  readonly route?: Override<CustomResourceArgs>;
};

export type IngressArgs = z.input<typeof ingressSettings> & {
  readonly refs: IngressRefs;
  /** Changes to single children, by name. */
  readonly override?: IngressOverride;
};
