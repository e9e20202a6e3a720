// Settings of the stack a verb acts on, and what of them the local verbs use.
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { artefactsOf } from "../../components/serving/artefacts.ts";
import { CHECKOUT_SOURCE } from "../../serving/contract/model-source.ts";
import type { FetchRuntime } from "../../serving/contract/runtime-config.ts";
import { isBranchStack } from "../branch/branch-name.ts";
import type { ClusterSettings } from "../local/cluster/cluster.ts";
import { paths } from "../local/paths.ts";
import { loadStackFile, type StackSettings, stackFilePath } from "../settings.ts";
import { CliError } from "./cli-error.ts";

const DEFAULT_GATEWAY_PORT = 8080;
const DEFAULT_NODE_PORT = 30_080;

/** Stacks that have a file, by name. */
export function listStacks(): readonly string[] {
  const files = readdirSync(join(paths.checkout, "stacks"));
  return files.flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
}

/** Rejects with a ConfigError that lists every problem of the stack file. */
export async function readStack(stack: string): Promise<StackSettings> {
  const stacks = listStacks();
  if (stacks.includes(stack)) return loadStackFile(stackFilePath(paths.checkout, stack));
  throw new CliError(
    "cli.usage",
    `--stack: got ${stack}, want one of: ${stacks.filter((it) => !isBranchStack(it)).join(", ")}`,
    `name one of these, or write stacks/Pulumi.${basename(stack)}.yaml`,
  );
}

export function clusterSettingsOf(settings: StackSettings): ClusterSettings {
  const { use, context } = settings.cluster;
  const { service } = settings.gateway;
  return {
    // Neither a cluster on AWS nor that of another stack is on this machine.
    use: use === "aws" || use === "stack" ? "context" : use,
    gatewayPort: settings.local?.gatewayPort ?? DEFAULT_GATEWAY_PORT,
    nodePort: service.kind === "nodePort" ? service.port : DEFAULT_NODE_PORT,
    ...(context !== undefined && { context }),
  };
}

/** Whether the cluster is made, or run, by something else than this command's embedded node. */
export function isForeignCluster({ use, context }: ClusterSettings): boolean {
  return use === "context" || use === "kind" || (use === "auto" && context !== undefined);
}

export type Fetch = Pick<FetchRuntime, "artefact" | "authority">;

/** What it takes to fetch the artefacts of all versions, each once; other engines load their weights themselves. */
export function fetchesOf(settings: StackSettings): readonly Fetch[] {
  const { artefactAuthority: authority } = settings;
  const versions = Object.values(settings.endpoints).flatMap((endpoint) => Object.values(endpoint.versions));
  const artefacts = new Map(versions.flatMap(artefactsOf).map((artefact) => [artefact.sha256, artefact]));
  return [...artefacts.values()].map(({ source, sha256 }) => ({
    artefact: { source: inCheckout(source), sha256 },
    ...(authority && { authority }),
  }));
}

/** A path in the checkout, as the fetch role takes it. */
function inCheckout(source: string): string {
  return source.startsWith(CHECKOUT_SOURCE)
    ? `file:${join(paths.checkout, source.slice(CHECKOUT_SOURCE.length))}`
    : source;
}
