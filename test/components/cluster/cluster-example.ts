// A cluster's smallest settings, and what the tests of its two components stand it on.
import { Provider as AwsProvider } from "@pulumi/aws/provider.js";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import type { Output, ProviderResource } from "@pulumi/pulumi";
import type { JudgedResource } from "../../../policies/harness/analyser-messages.ts";
import { judgeRules } from "../../../policies/harness/judge-rules.ts";
import { packRules } from "../../../policies/pack-rules.ts";
import { ownership } from "../../kit/component-owner.ts";
import type { RecordedResource } from "../../kit/record-resources.ts";

export const PLATFORM = "arn:aws:iam::123456789012:role/platform";
export const SEARCH = "arn:aws:iam::123456789012:role/teams/search";
export const AUDIT = "arn:aws:iam::123456789012:role/audit";

/** On a day that does not move. */
export const settings = {
  ownership,
  prefix: "rampa-prod",
  region: "eu-west-1",
  asOf: "2026-11-21",
  access: { admins: [PLATFORM] },
};

export const keyArn = (name: string): string => `arn:aws:kms:eu-west-1:123456789012:key/${name}`;

export const clusterRefs = {
  privateSubnetIds: ["subnet-a", "subnet-b", "subnet-c"],
  secretsKeyArn: keyArn("secrets"),
  volumesKeyArn: keyArn("volumes"),
  logsKeyArn: keyArn("logs"),
};

export const providers = (): ProviderResource[] => [
  new AwsProvider("aws", { region: "eu-west-1" }),
  new KubernetesProvider("k8s", { context: "c" }),
];

/** The one resource of a name. */
export function named(resources: readonly RecordedResource[], name: string): RecordedResource {
  const found = resources.find((each) => each.name === name);
  if (found === undefined)
    throw new Error(`no ${name} among ${resources.map((each) => each.name).join(", ")}`);
  return found;
}

/** The value of an output; awaited inside the recorded program, which ends before its outputs do. */
export function resolved(output: Output<string>): Promise<string> {
  return new Promise((resolve) => void output.apply(resolve));
}

/** Names of the resources that one waits for, itself and its own inputs included. */
export function waitsFor({ dependencies }: RecordedResource): string[] {
  return dependencies.map((urn) => urn.split("::").at(-1) ?? "").toSorted();
}

/** What the pack says in production, as texts. */
export function verdicts(resources: readonly JudgedResource[]): string[] {
  const config = Object.fromEntries(packRules.map(({ name }) => [name, { environment: "prod" }]));
  const dated = { ...config, "eks-version-supported": { environment: "prod", asOf: settings.asOf } };
  return judgeRules(packRules, resources, { config: dated }).map(
    ({ rule, urn, message }) => `${rule} ${urn.split("::").at(-1)}: ${message}`,
  );
}
