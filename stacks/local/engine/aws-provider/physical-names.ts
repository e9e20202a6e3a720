// Names of resources in AWS: chosen where the program gives none, and taken once only in one account and region.
import { createHash, randomBytes } from "node:crypto";
import { isList, isUnknown, type PropertyMap, type PropertyValue, stringAt } from "../property-values.ts";
import { type CheckProblem, nameOfUrn } from "../provider-messages.ts";
import type { Declaration } from "./declarations.ts";

type Naming = { readonly property: string; readonly isLower?: boolean; readonly prefix?: string };

/** Types whose name is not an input `name`, or has a form of its own. */
const NAMINGS: Readonly<Record<string, Naming>> = {
  "aws:s3/bucket:Bucket": { property: "bucket", isLower: true },
  "aws:eks/nodeGroup:NodeGroup": { property: "nodeGroupName" },
  "aws:rds/instance:Instance": { property: "identifier", isLower: true },
  "aws:rds/cluster:Cluster": { property: "clusterIdentifier", isLower: true },
  "aws:rds/clusterInstance:ClusterInstance": { property: "identifier", isLower: true },
  "aws:rds/subnetGroup:SubnetGroup": { property: "name", isLower: true },
  "aws:rds/parameterGroup:ParameterGroup": { property: "name", isLower: true },
  "aws:rds/clusterParameterGroup:ClusterParameterGroup": { property: "name", isLower: true },
  "aws:elasticache/replicationGroup:ReplicationGroup": { property: "replicationGroupId", isLower: true },
  "aws:elasticache/subnetGroup:SubnetGroup": { property: "name", isLower: true },
  "aws:ecr/repository:Repository": { property: "name", isLower: true },
  "aws:kms/alias:Alias": { property: "name", prefix: "alias/" },
};

/** The input that holds the resource's name in AWS, where it has one that may be left out. */
export function nameProperty(type: string, inputs: Declaration): string | undefined {
  const property = NAMINGS[type]?.property ?? "name";
  const member = inputs.get(property);
  return member?.isOptional && member.type.kind === "string" ? property : undefined;
}

/** What `pulumi:autonaming` says for this resource. */
export type NamingWish =
  | { readonly kind: "none" | "disabled" }
  | { readonly kind: "proposed"; readonly name: string };

export type NamingPlace = {
  readonly type: string;
  readonly urn: string;
  readonly declared: Declaration;
  /** Previous inputs; empty for a new resource. */
  readonly olds: PropertyMap;
  /** The engine's seed, so that preview and update choose the same name. */
  readonly seed: Uint8Array;
  readonly wish: NamingWish;
};

/** Marks names that were chosen here, as the official provider does. */
const CHOSEN = "__defaults";
const SUFFIX_LENGTH = 7;

/** Fills in the name as `<resource>-<hex>`; a name once chosen for a resource stays. */
export function withChosenName(news: PropertyMap, place: NamingPlace): PropertyMap {
  const property = nameProperty(place.type, place.declared);
  if (property === undefined || isGiven(news[property]) || isGiven(news[`${property}Prefix`])) {
    return { ...news, [CHOSEN]: [] };
  }
  const old = isChosen(place.olds, property) ? stringAt(place.olds, [property]) : undefined;
  const name = old ?? choose(place);
  return name === undefined ? { ...news, [CHOSEN]: [] } : { ...news, [property]: name, [CHOSEN]: [property] };
}

function isGiven(value: PropertyValue | undefined): boolean {
  return value !== undefined && value !== null;
}

export function isChosen(inputs: PropertyMap, property: string): boolean {
  const { [CHOSEN]: chosen } = inputs;
  return isList(chosen) && chosen.includes(property);
}

function choose({ type, urn, seed, wish }: NamingPlace): string | undefined {
  if (wish.kind === "disabled") return undefined;
  if (wish.kind === "proposed") return wish.name;
  const { prefix = "", isLower = false } = NAMINGS[type] ?? {};
  const source = seed.length > 0 ? seed : randomBytes(SUFFIX_LENGTH);
  const suffix = createHash("sha256").update(urn).update(source).digest("hex").slice(0, SUFFIX_LENGTH);
  const name = `${prefix}${nameOfUrn(urn)}-${suffix}`;
  return isLower ? name.toLowerCase() : name;
}

const BY_NAME = [
  "aws:iam/role:Role",
  "aws:iam/policy:Policy",
  "aws:iam/instanceProfile:InstanceProfile",
  "aws:eks/cluster:Cluster",
  "aws:ecr/repository:Repository",
  "aws:kms/alias:Alias",
  "aws:cloudwatch/logGroup:LogGroup",
  "aws:secretsmanager/secret:Secret",
  "aws:sqs/queue:Queue",
  "aws:ec2/launchTemplate:LaunchTemplate",
  "aws:ec2/keyPair:KeyPair",
  "aws:rds/subnetGroup:SubnetGroup",
  "aws:rds/parameterGroup:ParameterGroup",
  "aws:elasticache/subnetGroup:SubnetGroup",
];

/** Type token → the inputs that no two of its resources may share. */
const IDENTITIES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(BY_NAME.map((type) => [type, ["name"]])),
  "aws:s3/bucket:Bucket": ["bucket"],
  "aws:s3/bucketPolicy:BucketPolicy": ["bucket"],
  "aws:s3/bucketVersioning:BucketVersioning": ["bucket"],
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ["bucket"],
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ["bucket"],
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ["bucket"],
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ["bucket"],
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": ["repository"],
  "aws:ecr/repositoryPolicy:RepositoryPolicy": ["repository"],
  "aws:rds/instance:Instance": ["identifier"],
  "aws:rds/cluster:Cluster": ["clusterIdentifier"],
  "aws:rds/clusterInstance:ClusterInstance": ["identifier"],
  "aws:elasticache/replicationGroup:ReplicationGroup": ["replicationGroupId"],
  "aws:eks/nodeGroup:NodeGroup": ["clusterName", "nodeGroupName"],
  "aws:eks/addon:Addon": ["clusterName", "addonName"],
  "aws:eks/accessEntry:AccessEntry": ["clusterName", "principalArn"],
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": ["clusterName", "namespace", "serviceAccount"],
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ["role", "policyArn"],
  "aws:iam/rolePolicy:RolePolicy": ["role", "name"],
  "aws:ec2/securityGroup:SecurityGroup": ["vpcId", "name"],
  "aws:ec2/routeTableAssociation:RouteTableAssociation": ["subnetId"],
  "aws:ec2/route:Route": ["routeTableId", "destinationCidrBlock"],
  "aws:cloudwatch/eventRule:EventRule": ["eventBusName", "name"],
  "aws:secretsmanager/secretVersion:SecretVersion": ["secretId"],
};

/** Types that are one world over, or in all regions of an account. */
const EVERYWHERE = /^aws:(?:iam|s3)\//;

/** Identity → URN of the resource that has it. */
export type TakenNames = Map<string, string>;

/** Refuses what another resource of this run is called already; inputs without secret wrappers, names filled in. */
export function takeName(
  taken: TakenNames,
  { type, urn, region }: { readonly type: string; readonly urn: string; readonly region: string },
  inputs: PropertyMap,
): readonly CheckProblem[] {
  const properties = (IDENTITIES[type] ?? []).filter((property) => isGiven(inputs[property]));
  const [last = ""] = properties.toReversed();
  const values = properties.map((property) => inputs[property] ?? null);
  if (values.length === 0 || values.some((value) => typeof value !== "string" || isUnknown(value))) return [];
  const key = JSON.stringify([type, EVERYWHERE.test(type) ? "" : region, ...values]);
  const holder = taken.get(key) ?? urn;
  taken.set(key, holder);
  if (holder === urn) return [];
  const reason = `got ${values.join(", ")}, which ${nameOfUrn(holder)} has already, want another`;
  return [{ property: last, reason }];
}
