// Settings of a network → its subnets by zone, where its private parts go out, and which services have an endpoint.
import { zoneSubnets } from "./address-plan.ts";
import type { VpcSettings } from "./vpc.args.ts";

export type ZonePlan = {
  readonly zone: string;
  readonly privateCidr: string;
  /** Undefined in a closed network. */
  readonly publicCidr: string | undefined;
  /** The zone whose NAT gateway takes this zone's traffic; undefined in a closed network. */
  readonly natZone: string | undefined;
};

export type VpcPlan = {
  readonly prefix: string;
  readonly account: string;
  readonly region: string;
  readonly cidr: string;
  readonly zones: readonly ZonePlan[];
  /** Zones that have a NAT gateway. */
  readonly natZones: readonly string[];
  readonly endpoints: readonly string[];
  /** Undefined where traffic is not recorded. */
  readonly flowLogs: { readonly logGroup: string; readonly retentionInDays: number } | undefined;
};

/** Decides what a network consists of. */
export function planVpc(settings: VpcSettings): VpcPlan {
  const { prefix, account, region, cidr, endpoints, flowLogs } = settings;
  const zones = settings.zones.map((zone, index) => planZone(settings, zone, index));
  return {
    prefix,
    account,
    region,
    cidr,
    zones,
    natZones: zones.map(({ zone }) => zone).filter((zone) => zones.some(({ natZone }) => natZone === zone)),
    endpoints,
    flowLogs: flowLogs.enabled
      ? { logGroup: `/${prefix}/vpc-flow-logs`, retentionInDays: flowLogs.retentionInDays }
      : undefined,
  };
}

function planZone({ cidr, nat, zones }: VpcSettings, zone: string, index: number): ZonePlan {
  const subnets = zoneSubnets(cidr, index);
  return {
    zone,
    privateCidr: subnets.private,
    publicCidr: nat === "none" ? undefined : subnets.public,
    natZone: { none: undefined, single: zones[0], "per-zone": zone }[nat],
  };
}
