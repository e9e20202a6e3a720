// The SDK's functions that a program of an EKS cluster asks, answered without AWS and always in the same way. Pure.
import type { PropertyMap, PropertyValue } from "../property-values.ts";
import { isList, stringAt } from "../property-values.ts";
import { type Account, regionOf } from "./account.ts";

type Answer = (args: PropertyMap, account: Account) => PropertyMap;

/** A version of each add-on in the form that EKS gives it. The real one is newer; which, only AWS can say. */
const ADDONS: Readonly<Record<string, string>> = {
  "vpc-cni": "v1.20.4-eksbuild.1",
  coredns: "v1.12.4-eksbuild.1",
  "eks-pod-identity-agent": "v1.3.9-eksbuild.1",
  "metrics-server": "v0.8.0-eksbuild.1",
  "eks-node-monitoring-agent": "v1.4.1-eksbuild.1",
  "aws-ebs-csi-driver": "v1.51.0-eksbuild.1",
  "aws-efs-csi-driver": "v2.1.13-eksbuild.1",
  "aws-mountpoint-s3-csi-driver": "v2.1.0-eksbuild.1",
  "snapshot-controller": "v8.3.0-eksbuild.1",
  "amazon-cloudwatch-observability": "v4.5.0-eksbuild.1",
};

function addonVersion(args: PropertyMap, account: Account): PropertyMap {
  const addonName = stringAt(args, ["addonName"]) ?? "";
  const kubernetesVersion = stringAt(args, ["kubernetesVersion"]) ?? "";
  // kube-proxy goes with the cluster's own version.
  const version = addonName === "kube-proxy" ? `v${kubernetesVersion}.0-eksbuild.2` : ADDONS[addonName];
  if (version === undefined) {
    const known = ["kube-proxy", ...Object.keys(ADDONS)].join(", ");
    throw new Error(
      `EKS has no add-on ${addonName}, as far as the built-in aws provider knows; it knows ${known}`,
    );
  }
  return { ...args, kubernetesVersion, id: addonName, region: regionOf(account, args), version };
}

const ZONES = ["a", "b", "c", "d"];

function availabilityZones(args: PropertyMap, account: Account): PropertyMap {
  const region = regionOf(account, args);
  const without = (list: PropertyValue | undefined) => (item: string) =>
    !isList(list) || !list.includes(item);
  const names = ZONES.map((zone) => `${region}${zone}`).filter(without(args.excludeNames));
  const zoneIds = names.map((name) => `${shortRegion(region)}-az${ZONES.indexOf(name.slice(-1)) + 1}`);
  return { ...args, id: region, region, names, zoneIds, groupNames: [`${region}-zg-1`] };
}

/** `us-east-1` → use1, as in zone ids. */
function shortRegion(region: string): string {
  const [area = "", direction = "", number = ""] = region.split("-");
  const letters = /^(north|south)(east|west)$/.exec(direction);
  return `${area}${letters ? `${letters[1]?.[0]}${letters[2]?.[0]}` : direction.charAt(0)}${number}`;
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  "aws:eks/getAddonVersion:getAddonVersion": addonVersion,
  "aws:index/getAvailabilityZones:getAvailabilityZones": availabilityZones,
  "aws:index/getPartition:getPartition": (_args, { partition, dnsSuffix }) => ({
    partition,
    id: partition,
    dnsSuffix,
    reverseDnsPrefix: dnsSuffix.split(".").reverse().join("."),
  }),
  "aws:index/getCallerIdentity:getCallerIdentity": (_args, { id, partition }) => ({
    id,
    accountId: id,
    arn: `arn:${partition}:sts::${id}:assumed-role/planning/rampa`,
    userId: "AROAPLANNINGONLY00000:rampa",
  }),
  "aws:index/getRegion:getRegion": (args, account) => {
    const region = regionOf(account, args);
    const endpoint = `ec2.${region}.${account.dnsSuffix}`;
    return { id: region, region, name: region, description: region, endpoint };
  },
};

/** Arguments are checked before. Throws for a function that only AWS can answer. */
export function answerFunction(token: string, args: PropertyMap, account: Account): PropertyMap {
  const answer = ANSWERS[token];
  if (answer) return answer(args, account);
  const known = Object.keys(ANSWERS).map((one) => one.split(":").at(-1));
  throw new Error(
    `the built-in aws provider cannot answer ${token}: only AWS can. It answers ${known.join(", ")}. Next: put the value into the stack's settings, or install the official provider plugin`,
  );
}
