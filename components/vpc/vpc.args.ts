// Settings of the network of a cluster: its range, its zones, and how its private parts reach AWS and the internet.
import type { LogGroupArgs } from "@pulumi/aws/cloudwatch/logGroup.js";
import type { NatGatewayArgs } from "@pulumi/aws/ec2/natGateway.js";
import type { SubnetArgs } from "@pulumi/aws/ec2/subnet.js";
import type { VpcArgs as NetworkArgs } from "@pulumi/aws/ec2/vpc.js";
import type { VpcEndpointArgs } from "@pulumi/aws/ec2/vpcEndpoint.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { zonesOf } from "../contract/regions.ts";
import { accountId, regionName } from "../kit/aws-account.ts";
import { dnsLabel } from "../kit/names.ts";
import type { Override } from "../kit/override.ts";
import { ownership } from "../kit/ownership.ts";
import { MOST_ZONES, rangeFault } from "./address-plan.ts";

/** What nodes and pods cannot do without: images, their role, their logs, their own network. */
const NEEDED_ENDPOINTS = ["ec2", "ecr.api", "ecr.dkr", "eks-auth", "logs", "sts"] as const;

const ENDPOINTS = [
  ...NEEDED_ENDPOINTS,
  "autoscaling",
  "bedrock-runtime",
  "eks",
  "elasticloadbalancing",
  "kms",
  "monitoring",
  "secretsmanager",
  "sqs",
  "ssm",
] as const;

/** Days that CloudWatch Logs can keep entries; it takes no others. */
const RETENTION_DAYS = [7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653] as const;

const ZONES = `from 2 to ${MOST_ZONES} zones, each once`;

const flowLogSettings = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe("Records who talked to whom; addresses and ports, no content."),
    retentionInDays: z
      .literal(RETENTION_DAYS)
      .default(90)
      .describe("Days after which the records are deleted."),
  })
  .prefault({})
  .describe("Records of the network's traffic, in CloudWatch Logs.");

export const vpcFields = z.strictObject({
  ownership,
  prefix: dnsLabel.describe(
    "First part of names, and the value of the tag `karpenter.sh/discovery`, e.g. `rampa-prod`.",
  ),
  account: accountId,
  region: regionName,
  zones: z
    .array(z.string())
    .min(2, ZONES)
    .max(MOST_ZONES, ZONES)
    .superRefine((zones, context) => refuseRepeated(zones, context, "each zone once"))
    .describe(
      "Zones to spread over, e.g. `eu-central-1a`. Append only: a zone's subnets follow from its place in the list.",
    ),
  cidr: z
    .string()
    .superRefine((cidr, context) => {
      const message = rangeFault(cidr);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .default("10.0.0.0/16")
    .describe(
      "Private IPv4 range from /16 to /20. Each zone gets an eighth of it for pods; it cannot be changed later.",
    ),
  nat: z
    .enum(["per-zone", "single", "none"])
    .default("per-zone")
    .describe(
      "How pods reach the internet: a NAT gateway in each zone; one for all, which is cheaper and falls with its zone; or not at all, and then there are no public subnets either.",
    ),
  endpoints: z
    .array(z.enum(ENDPOINTS))
    .superRefine((services, context) => refuseRepeated(services, context, "each endpoint once"))
    .default([...NEEDED_ENDPOINTS])
    .describe(
      "AWS services that are reached inside the network, each at a price an hour and zone. S3 always is, for nothing.",
    ),
  flowLogs: flowLogSettings,
});

type VpcFields = z.output<typeof vpcFields>;

export const vpcSettings = vpcFields.superRefine((settings, context) => {
  for (const fault of [...zoneFaults(settings), ...closedNetworkFaults(settings)])
    context.addIssue({ code: "custom", ...fault });
});

export type VpcSettings = z.output<typeof vpcSettings>;

type FieldFault = { readonly path: (string | number)[]; readonly message: string };

function zoneFaults({ zones, region }: VpcFields): readonly FieldFault[] {
  const known = zonesOf(region);
  return zones.flatMap((zone, index) =>
    known.length === 0 || known.includes(zone)
      ? []
      : [{ path: ["zones", index], message: `a zone of ${region}: ${known.join(", ")}` }],
  );
}

function closedNetworkFaults({ nat, endpoints }: VpcFields): readonly FieldFault[] {
  const missing = NEEDED_ENDPOINTS.filter((each) => !endpoints.includes(each));
  if (nat !== "none" || missing.length === 0) return [];
  return [
    {
      path: ["endpoints"],
      message: `also ${missing.join(", ")}: with nat "none" nodes reach these services in no other way`,
    },
  ];
}

/** An issue at the place of everything that is already in the list before. */
function refuseRepeated(list: readonly string[], context: z.RefinementCtx, message: string): void {
  for (const [index, each] of list.entries())
    if (list.indexOf(each) < index) context.addIssue({ code: "custom", path: [index], message });
}

export type VpcRefs = {
  /** Key of the flow logs' log group. */
  readonly logsKeyArn: Input<string>;
};

export type VpcOverride = {
  readonly vpc?: Override<NetworkArgs>;
  /** For all private or all public subnets; a function sees which by the arguments. */
  readonly privateSubnet?: Override<SubnetArgs>;
  readonly publicSubnet?: Override<SubnetArgs>;
  readonly nat?: Override<NatGatewayArgs>;
  /** For every endpoint, that of S3 included. */
  readonly endpoint?: Override<VpcEndpointArgs>;
  readonly flowLogGroup?: Override<LogGroupArgs>;
};

export type VpcArgs = z.input<typeof vpcSettings> & {
  readonly refs: VpcRefs;
  /** Changes to single kinds of children. */
  readonly override?: VpcOverride;
};
