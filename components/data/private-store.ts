// What every store of this area shares: zones, clients, a security group that lets in nobody but them.
import type { SecurityGroupArgs } from "@pulumi/aws/ec2/securityGroup.js";
import type { SecurityGroupIngressRuleArgs } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import type { Input } from "@pulumi/pulumi";
import { z } from "zod";

/** Room for what stores append to it: the shortest limit is ElastiCache's 40 characters. */
const PREFIX_LENGTH = 24;

export const storePrefix = z
  .string()
  .regex(/^[a-z](-?[a-z0-9])*$/, "lower-case letters, digits and single dashes, starting with a letter")
  .max(PREFIX_LENGTH, `at most ${PREFIX_LENGTH} characters`);

export const zoneList = z
  .array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, "an availability zone, e.g. eu-central-1a"))
  .min(2, "at least two zones: AWS takes no subnet group of a store in fewer")
  .refine((zones) => new Set(zones).size === zones.length, "each zone once");

/** Environment whose data may not depend on a single machine or on good luck. */
export const PRODUCTION = "prod";

export type StoreRefs = {
  readonly vpcId: Input<string>;
  /** Private subnets, one a zone, in the order of the zones. */
  readonly subnetIds: readonly Input<string>[];
  /** Security groups that may connect, by a name for each, e.g. `{ cluster: … }`. */
  readonly clients: Readonly<Record<string, Input<string>>>;
  readonly storageKeyArn: Input<string>;
};

/**
 * A group without rules of its own: AWS then lets nothing in, and Pulumi takes the default way out away. The lists stay
 * out even empty, as each would take the rules away that stand beside the group as resources.
 */
export function storeSecurityGroupArgs(
  name: string,
  description: string,
  vpcId: Input<string>,
): SecurityGroupArgs {
  return { vpcId, description, tags: { Name: name } };
}

type Opening = {
  readonly securityGroupId: Input<string>;
  readonly client: string;
  readonly clientId: Input<string>;
  readonly port: number;
};

/** Lets the members of one security group in, on one port. */
export function clientIngressArgs(opening: Opening): SecurityGroupIngressRuleArgs {
  return {
    securityGroupId: opening.securityGroupId,
    referencedSecurityGroupId: opening.clientId,
    ipProtocol: "tcp",
    fromPort: opening.port,
    toPort: opening.port,
    description: `from ${opening.client}`,
  };
}
