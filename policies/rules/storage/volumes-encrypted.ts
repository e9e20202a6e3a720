// Rule volumes-encrypted: what is written to a disk, a database or a cache is encrypted at rest.
import { anyType } from "../../any-type.ts";
import { LAUNCH_TEMPLATES, NODE_CLASSES } from "../../kubernetes/node-pools.ts";
import { isOn, mustBe } from "../../must-be.ts";
import { type Finding, type Rule, unknownAmong, violation } from "../../rule.ts";
import type { Value } from "../../value.ts";

const STORAGE_CLASSES = /^kubernetes:storage\.k8s\.io\/[^:]+:StorageClass$/;
/** Provisioners that make EBS volumes: the add-on's, Auto Mode's, the in-tree one's. */
const EBS_PROVISIONERS = new Set(["ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com", "kubernetes.io/aws-ebs"]);
/** Resource type → its property that turns encryption on. */
const STORES: Readonly<Record<string, string>> = {
  "aws:ebs/volume:Volume": "encrypted",
  "aws:efs/fileSystem:FileSystem": "encrypted",
  "aws:rds/cluster:Cluster": "storageEncrypted",
  "aws:rds/instance:Instance": "storageEncrypted",
  "aws:elasticache/replicationGroup:ReplicationGroup": "atRestEncryptionEnabled",
};
const MESSAGE = "not encrypted at rest";

export const volumesEncrypted: Rule = {
  name: "volumes-encrypted",
  title: "Volumes, file systems, databases and caches are encrypted at rest.",
  severity: "high",
  framework: {
    name: "NIST SP 800-53",
    version: "5",
    reference: "SC-28",
    specification: "Protection of information at rest.",
  },
  tags: ["aws", "storage", "encryption"],
  why: "Prompts, answers and weights end up in snapshots and backups; most stores cannot be encrypted later without being made anew.",
  fix: "Set `encrypted` (EBS, EFS, block devices of templates and node classes, `parameters.encrypted` of a StorageClass), `storageEncrypted` (RDS) or `atRestEncryptionEnabled` (ElastiCache).",
  url: "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html",
  levels: { default: "mandatory" },
  whenUnknown: "defer",
  types: anyType(
    LAUNCH_TEMPLATES,
    NODE_CLASSES,
    STORAGE_CLASSES,
    new RegExp(`^(${Object.keys(STORES).join("|")})$`),
  ),
  check: ({ type, props }) => {
    if (LAUNCH_TEMPLATES.test(type)) return checkTemplate(props.at("blockDeviceMappings"));
    if (NODE_CLASSES.test(type)) return checkDevices(props.at("spec", "blockDeviceMappings"));
    if (STORAGE_CLASSES.test(type)) return checkStorageClass(props);
    const property = STORES[type];
    return property === undefined ? [] : mustBe(props.at(property), isOn, MESSAGE);
  },
};

/** Karpenter encrypts the devices it maps by itself; a launch template without any leaves the root volume to the image. */
function checkTemplate(mappings: Value): readonly Finding[] {
  const isLeftOut = mappings.state === "absent" || mappings.isEmpty();
  return isLeftOut
    ? [violation(mappings, "no block device, so the image decides about the root volume")]
    : checkDevices(mappings);
}

/** A mapping without a volume is one of instance storage, which the hardware encrypts. */
function checkDevices(mappings: Value): readonly Finding[] {
  const volumes = mappings
    .items()
    .map((mapping) => mapping.at("ebs"))
    .filter(({ state }) => state !== "absent");
  return [
    ...unknownAmong([mappings]),
    ...volumes.flatMap((volume) => mustBe(volume.at("encrypted"), isOn, MESSAGE)),
  ];
}

function checkStorageClass(props: Value): readonly Finding[] {
  const provisioner = props.at("provisioner");
  const isJudged = provisioner.state === "unknown" || EBS_PROVISIONERS.has(provisioner.text() ?? "");
  return isJudged ? mustBe(props.at("parameters", "encrypted"), isOn, MESSAGE) : [];
}
