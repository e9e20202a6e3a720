// Which of the VPC's private subnets a pool is in.
import type { Input } from "@pulumi/pulumi";
import { InvariantError } from "../kit/invariant-error.ts";

/** The subnets at these positions; there is one a zone. */
export function subnetsOf(
  positions: readonly number[],
  subnetIds: readonly Input<string>[],
): readonly Input<string>[] {
  return positions.map((position) => {
    const subnet = subnetIds[position];
    if (subnet === undefined) {
      throw new InvariantError(
        `no private subnet for zone ${position + 1}: \`vpcZones\` names more zones than there are`,
      );
    }
    return subnet;
  });
}
