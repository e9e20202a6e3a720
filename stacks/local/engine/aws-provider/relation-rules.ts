// What AWS demands of several inputs of one resource together, which the SDK's types cannot say. Pure.
import {
  isList,
  isMap,
  isUnknown,
  type PropertyMap,
  type PropertyValue,
  stringAt,
  valueAt,
} from "../property-values.ts";
import type { CheckProblem } from "../provider-messages.ts";
import { describeValue } from "./check-inputs.ts";
import type { Declaration } from "./declarations.ts";

type Rule = (inputs: PropertyMap, olds: PropertyMap) => readonly (CheckProblem | undefined)[];

/** Both without secret wrappers; `olds` is empty for a new resource. */
export function checkRelations(
  type: string,
  inputs: PropertyMap,
  olds: PropertyMap,
): readonly CheckProblem[] {
  return (RULES[type]?.(inputs, olds) ?? []).filter((problem) => problem !== undefined);
}

const CONFLICT = /[Cc]onflicts with ((?:`\w+`(?:, | and | or |, and |, or )?)+)/;

/** Of inputs whose documentation says that they conflict, only one may be given. */
export function checkConflicts(inputs: PropertyMap, declared: Declaration): readonly CheckProblem[] {
  const given = [...declared.values()].filter(({ name }) => isGiven(inputs[name]));
  const pairs = given.flatMap(({ name, doc }) => {
    const others = [...(CONFLICT.exec(doc)?.[1] ?? "").matchAll(/`(\w+)`/g)].map((match) => match[1] ?? "");
    return others
      .filter((other) => other !== name && declared.has(other) && isGiven(inputs[other]))
      .map((other) => [name, other].toSorted().join(" and "));
  });
  return [...new Set(pairs)].map((pair) => ({
    property: pair.split(" and ")[0] ?? "",
    reason: `got both ${pair}, want one of them`,
  }));
}

function isGiven(value: PropertyValue | undefined): boolean {
  return value !== undefined && value !== null;
}

function together(inputs: PropertyMap, property: string, needed: string): CheckProblem | undefined {
  if (!isGiven(inputs[property]) || isGiven(inputs[needed])) return undefined;
  return { property: needed, reason: `got nothing, want a value: ${property} needs it` };
}

function refused(property: string, given: PropertyValue | undefined, want: string): CheckProblem | undefined {
  return isGiven(given) ? { property, reason: `got ${describeValue(given)}, want ${want}` } : undefined;
}

function between(
  inputs: PropertyMap,
  path: readonly string[],
  least: number,
  most: number,
): CheckProblem | undefined {
  const value = valueAt(inputs, path);
  if (typeof value !== "number" || (value >= least && value <= most)) return undefined;
  return { property: path.join("."), reason: `got ${value}, want ${least} to ${most}` };
}

const nodeGroup: Rule = (inputs) => {
  const template = inputs.launchTemplate;
  const amount = (key: string): number | undefined => {
    const value = valueAt(inputs, ["scalingConfig", key]);
    return typeof value === "number" ? value : undefined;
  };
  const [least, wanted, most] = [amount("minSize"), amount("desiredSize"), amount("maxSize")];
  const isOutside =
    least !== undefined && most !== undefined && wanted !== undefined && (wanted < least || wanted > most);
  const hasTemplate = isGiven(template);
  return [
    hasTemplate
      ? refused("diskSize", inputs.diskSize, "nothing: the launch template says the size")
      : undefined,
    hasTemplate
      ? refused("remoteAccess", inputs.remoteAccess, "nothing beside a launch template")
      : undefined,
    hasTemplate && isMap(template) && !isGiven(template.id) && !isGiven(template.name)
      ? { property: "launchTemplate", reason: "got neither id nor name, want one of them" }
      : undefined,
    isOutside
      ? { property: "scalingConfig.desiredSize", reason: `got ${wanted}, want ${least} to ${most}` }
      : undefined,
    most === undefined || most >= 1
      ? undefined
      : { property: "scalingConfig.maxSize", reason: `got ${most}, want 1 at least` },
    inputs.capacityType === "CAPACITY_BLOCK" && !hasTemplate
      ? { property: "launchTemplate", reason: "got nothing, want one that names the capacity reservation" }
      : undefined,
    isGiven(valueAt(inputs, ["updateConfig", "maxUnavailable"])) &&
    isGiven(valueAt(inputs, ["updateConfig", "maxUnavailablePercentage"]))
      ? { property: "updateConfig", reason: "got maxUnavailable and maxUnavailablePercentage, want one" }
      : undefined,
  ];
};

const cluster: Rule = (inputs, olds) => {
  const subnets = valueAt(inputs, ["vpcConfig", "subnetIds"]);
  const [before, after] = [stringAt(olds, ["version"]), stringAt(inputs, ["version"])];
  const isBack = before !== undefined && after !== undefined && minorOf(after) < minorOf(before);
  const isJump = before !== undefined && after !== undefined && minorOf(after) > minorOf(before) + 1;
  const isClosed = valueAt(inputs, ["vpcConfig", "endpointPublicAccess"]) === false;
  const auto = [
    "computeConfig",
    "storageConfig.blockStorage",
    "kubernetesNetworkConfig.elasticLoadBalancing",
  ];
  const modes = auto.map((path) => valueAt(inputs, [...path.split("."), "enabled"]) === true);
  return [
    isList(subnets) && !subnets.some(isUnknown) && new Set(subnets).size < 2
      ? {
          property: "vpcConfig.subnetIds",
          reason: `got ${subnets.length}, want subnets in two zones at least`,
        }
      : undefined,
    isBack
      ? { property: "version", reason: `got "${after}", want "${before}" or newer: EKS never goes back` }
      : undefined,
    isJump
      ? { property: "version", reason: `got "${after}", want the next after "${before}": EKS skips none` }
      : undefined,
    isClosed && valueAt(inputs, ["vpcConfig", "endpointPrivateAccess"]) !== true
      ? { property: "vpcConfig.endpointPrivateAccess", reason: "got no endpoint at all, want true" }
      : undefined,
    modes.some(Boolean) && !modes.every(Boolean)
      ? {
          property: "computeConfig",
          reason: `got a part of Auto Mode, want enabled in all of ${auto.join(", ")}, or in none`,
        }
      : undefined,
  ];
};

function minorOf(version: string): number {
  return isUnknown(version) ? Number.NaN : Number(version.split(".")[1]);
}

const database: Rule = (inputs) => [
  together(inputs, "passwordWo", "passwordWoVersion"),
  together(inputs, "masterPasswordWo", "masterPasswordWoVersion"),
  inputs.manageMasterUserPassword === true
    ? refused("password", inputs.password, "nothing: RDS itself makes the password")
    : undefined,
  inputs.skipFinalSnapshot === true ||
  isGiven(inputs.finalSnapshotIdentifier) ||
  isGiven(inputs.replicateSourceDb)
    ? undefined
    : {
        property: "finalSnapshotIdentifier",
        reason: "got nothing, want a name, as skipFinalSnapshot is not true",
      },
  isGiven(inputs.kmsKeyId) && inputs.storageEncrypted !== true
    ? {
        property: "storageEncrypted",
        reason: `got ${describeValue(inputs.storageEncrypted)}, want true beside kmsKeyId`,
      }
    : undefined,
  between(inputs, ["backupRetentionPeriod"], 0, 35),
];

const RULES: Readonly<Record<string, Rule>> = {
  "aws:eks/nodeGroup:NodeGroup": nodeGroup,
  "aws:eks/cluster:Cluster": cluster,
  "aws:rds/instance:Instance": database,
  "aws:rds/cluster:Cluster": database,
  "aws:secretsmanager/secretVersion:SecretVersion": (inputs) => {
    const given = ["secretString", "secretStringWo", "secretBinary"].filter((name) => isGiven(inputs[name]));
    return [
      together(inputs, "secretStringWo", "secretStringWoVersion"),
      given.length > 1
        ? { property: given[0] ?? "", reason: `got ${given.join(" and ")}, want one of them` }
        : undefined,
    ];
  },
  "aws:secretsmanager/secret:Secret": ({ recoveryWindowInDays: days }) => [
    typeof days !== "number" || days === 0 || (days >= 7 && days <= 30)
      ? undefined
      : { property: "recoveryWindowInDays", reason: `got ${days}, want 0, or 7 to 30` },
  ],
  "aws:kms/key:Key": (inputs) => [
    between(inputs, ["deletionWindowInDays"], 7, 30),
    between(inputs, ["rotationPeriodInDays"], 90, 2560),
    isGiven(inputs.rotationPeriodInDays) && inputs.enableKeyRotation !== true
      ? { property: "enableKeyRotation", reason: "got no rotation, want true beside rotationPeriodInDays" }
      : undefined,
  ],
  "aws:ec2/vpcEndpoint:VpcEndpoint": (inputs) => {
    const isGateway = (inputs.vpcEndpointType ?? "Gateway") === "Gateway";
    const only = (names: readonly string[], want: string) =>
      names.map((name) => refused(name, inputs[name], want));
    return isGateway
      ? only(["subnetIds", "securityGroupIds", "privateDnsEnabled"], "nothing for a Gateway endpoint")
      : only(["routeTableIds"], "nothing for an endpoint that is no Gateway");
  },
  "aws:iam/role:Role": (inputs) => [between(inputs, ["maxSessionDuration"], 3600, 43_200)],
  "aws:ec2/launchTemplate:LaunchTemplate": (inputs) => [
    between(inputs, ["metadataOptions", "httpPutResponseHopLimit"], 1, 64),
  ],
  "aws:sqs/queue:Queue": (inputs) => [
    between(inputs, ["messageRetentionSeconds"], 60, 1_209_600),
    between(inputs, ["visibilityTimeoutSeconds"], 0, 43_200),
  ],
};
