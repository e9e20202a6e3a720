// Outputs of a resource: its inputs, and in every place that AWS fills, a value that is unknown, old or made up. Pure.
import {
  isMap,
  isSecret,
  type PropertyMap,
  type PropertyValue,
  stringAt,
  UNKNOWN_STRING,
  valueAt,
} from "../property-values.ts";
import { allTags } from "./account.ts";
import type { Resolve } from "./check-inputs.ts";
import type { Declaration, TypeNode } from "./declarations.ts";
import { type Identity, identityOf, type Subject } from "./identities.ts";

export type OutputQuestion = {
  readonly subject: Subject;
  readonly outputs: Declaration;
  readonly resolve: Resolve;
  /** With secret wrappers. */
  readonly inputs: PropertyMap;
  /** Outputs before an update; undefined for a new resource. */
  readonly olds?: PropertyMap;
  readonly isPreview: boolean;
};

export type Made = { readonly id: string; readonly outputs: PropertyMap };

export function toOutputs(question: OutputQuestion): Made {
  const { subject, outputs, inputs, olds, isPreview } = question;
  const identity = identityOf(subject);
  const given = withoutInternals(inputs);
  const own = { ...madeUp(subject, identity), ...counted(subject.type, olds, isPreview) };
  const fill: Fill = (path, type) => {
    const [key = ""] = path;
    if (path.length === 1 && key in own && (olds || !isPreview)) return own[key];
    const old = olds && valueAt(olds, path);
    if (old !== undefined) return old;
    if (isPreview) return UNKNOWN_STRING;
    return valueAt(own, path) ?? usualValue(path.at(-1) ?? "", type, question);
  };
  const filled = fillMembers(given, outputs, { fill, resolve: question.resolve, path: [] });
  const known = {
    ...(outputs.has("tagsAll") && { tagsAll: allTags(subject.account, given) }),
    ...(outputs.has("region") && { region: subject.region }),
  };
  return { id: identity.id, outputs: { ...filled, ...known } };
}

/** What the provider notes for itself, and what AWS takes and never shows, is no output. */
function withoutInternals(inputs: PropertyMap): PropertyMap {
  const kept = Object.entries(inputs).filter(([key]) => !key.startsWith("__") && !key.endsWith("Wo"));
  return Object.fromEntries(kept);
}

type Fill = (path: readonly string[], type: TypeNode) => PropertyValue | undefined;
type Place = { readonly fill: Fill; readonly resolve: Resolve; readonly path: readonly string[] };

/** An output that is always there and was not given is for AWS to say, also inside of a mapping that was given. */
function fillMembers(given: PropertyMap, outputs: Declaration, place: Place): PropertyMap {
  const entries = [...outputs.values()].flatMap(({ name, isOptional, type }): [string, PropertyValue][] => {
    const path = [...place.path, name];
    const value = given[name];
    if (value === undefined || value === null) {
      const filled = isOptional || name.endsWith("Wo") ? undefined : place.fill(path, type);
      return filled === undefined ? [] : [[name, filled]];
    }
    const inner = isMap(value) && !isSecret(value) ? place.resolve(type) : undefined;
    if (inner?.kind !== "object" || !isMap(value)) return [[name, value]];
    return [[name, fillMembers(value, inner.members, { ...place, path })]];
  });
  return { ...given, ...Object.fromEntries(entries) };
}

/** A launch template has a new version after every update, which is what moves node groups on to it. */
function counted(type: string, olds: PropertyMap | undefined, isPreview: boolean): PropertyMap {
  if (type !== "aws:ec2/launchTemplate:LaunchTemplate") return {};
  const latest = olds?.latestVersion;
  if (olds === undefined) return { latestVersion: 1, defaultVersion: 1 };
  const next = isPreview || typeof latest !== "number" ? UNKNOWN_STRING : latest + 1;
  return { latestVersion: next };
}

const SOME_DAY = "2026-01-01T00:00:00Z";

/** What programs read of the types that this platform uses. */
function madeUp(subject: Subject, { id, arn, hash, name }: Identity): PropertyMap {
  const { account, region, inputs, type } = subject;
  const host = (service: string): string => `${name}.${hash}.${region}.${service}.${account.dnsSuffix}`;
  const port = type.startsWith("aws:elasticache/")
    ? 6379
    : stringAt(inputs, ["engine"])?.includes("mysql")
      ? 3306
      : 5432;
  switch (type) {
    case "aws:eks/cluster:Cluster":
      return {
        endpoint: `https://${hash.toUpperCase()}.gr7.${region}.eks.${account.dnsSuffix}`,
        certificateAuthority: { data: Buffer.from(`not a certificate: ${arn}`).toString("base64") },
        identities: [
          { oidcs: [{ issuer: `https://oidc.eks.${region}.${account.dnsSuffix}/id/${hash.toUpperCase()}` }] },
        ],
        vpcConfig: { clusterSecurityGroupId: `sg-${hash}` },
      };
    case "aws:eks/nodeGroup:NodeGroup":
      return {
        resources: [
          { autoscalingGroups: [{ name: `eks-${name}-${hash}` }], remoteAccessSecurityGroupId: "" },
        ],
      };
    case "aws:ecr/repository:Repository":
      return { repositoryUrl: `${account.id}.dkr.ecr.${region}.${account.dnsSuffix}/${name}` };
    case "aws:s3/bucket:Bucket":
      return {
        bucketDomainName: `${name}.s3.${account.dnsSuffix}`,
        bucketRegionalDomainName: `${name}.s3.${region}.${account.dnsSuffix}`,
        bucketRegion: region,
      };
    case "aws:rds/instance:Instance":
      return {
        address: host("rds"),
        endpoint: `${host("rds")}:${port}`,
        port,
        masterUserSecrets: masterSecret(subject, hash),
      };
    case "aws:rds/cluster:Cluster":
      return {
        endpoint: host("rds"),
        readerEndpoint: host("rds"),
        port,
        masterUserSecrets: masterSecret(subject, hash),
      };
    case "aws:elasticache/replicationGroup:ReplicationGroup":
      return { primaryEndpointAddress: host("cache"), readerEndpointAddress: host("cache"), port };
    case "aws:sqs/queue:Queue":
      return { url: id };
    case "aws:kms/key:Key":
      return { keyId: id };
    default:
      return {};
  }
}

function masterSecret({ account, region, inputs }: Subject, hash: string): PropertyValue {
  if (inputs.manageMasterUserPassword !== true) return [];
  const secretArn = `arn:${account.partition}:secretsmanager:${region}:${account.id}:secret:rds!${hash}`;
  return [{ secretArn, secretStatus: "active", kmsKeyId: "alias/aws/secretsmanager" }];
}

/** A value of the right kind, and of the form that its name suggests. */
function usualValue(key: string, type: TypeNode, question: OutputQuestion): PropertyValue {
  const { subject, resolve } = question;
  if (type.kind === "string" || type.kind === "union" || type.kind === "any") return usualText(key, subject);
  if (type.kind === "number") return 0;
  if (type.kind === "boolean") return false;
  if (type.kind === "literal") return type.value;
  if (type.kind === "list") return [];
  if (type.kind === "record") return {};
  const resolved = resolve(type);
  if (resolved?.kind === "values") return resolved.values[0] ?? "";
  if (resolved?.kind !== "object") return "";
  const required = [...resolved.members.values()].filter(({ isOptional }) => !isOptional);
  return Object.fromEntries(
    required.map((member) => [member.name, usualValue(member.name, member.type, question)]),
  );
}

function usualText(key: string, subject: Subject): string {
  const { arn, hash, name, id } = identityOf(subject);
  const { account, region, type } = subject;
  if (/arn$/i.test(key)) return arn;
  if (key === "id") return id;
  if (/^(?:ownerId|accountId|registryId|catalogId)$/.test(key)) return account.id;
  if (/(?:dnsName|domainName|endpoint|address)$/i.test(key)) {
    return `${name}.${hash}.${region}.${type.split(/[:/]/)[1]}.${account.dnsSuffix}`;
  }
  if (/url$/i.test(key)) return `https://${name}.${hash}.${region}.${account.dnsSuffix}`;
  if (/status$/i.test(key)) return "ACTIVE";
  if (/(?:date|At)$/.test(key)) return SOME_DAY;
  return `${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-${hash}`;
}
