// Settings of the stack a verb acts on, and what of them the local verbs use.
import type { ModelArtefact } from "../../serving/contract/model-source.ts";
import type { ClusterSettings } from "../local/cluster/cluster.ts";
import { paths } from "../local/paths.ts";
import { loadStackFile, type StackSettings, stackFilePath } from "../settings.ts";

const DEFAULT_GATEWAY_PORT = 8080;
const DEFAULT_NODE_PORT = 30_080;

/** Rejects with a ConfigError that lists every problem of the stack file. */
export function readStack(stack: string): Promise<StackSettings> {
  return loadStackFile(stackFilePath(paths.checkout, stack));
}

export function clusterSettingsOf(settings: StackSettings): ClusterSettings {
  const { use, context } = settings.cluster;
  const { service } = settings.gateway;
  return {
    // A stack on AWS is refused by its own program; it never gets as far as a local cluster.
    use: use === "aws" ? "context" : use,
    gatewayPort: settings.local?.gatewayPort ?? DEFAULT_GATEWAY_PORT,
    nodePort: service.kind === "nodePort" ? service.port : DEFAULT_NODE_PORT,
    ...(context !== undefined && { context }),
  };
}

/** Whether the cluster is made, or run, by something else than this command's embedded node. */
export function isForeignCluster({ use, context }: ClusterSettings): boolean {
  return use === "context" || use === "kind" || (use === "auto" && context !== undefined);
}

export function localBaseUrl(settings: StackSettings): string {
  return `http://127.0.0.1:${settings.local?.gatewayPort ?? DEFAULT_GATEWAY_PORT}/v1`;
}

/** The artefacts of all versions, each once. */
export function artefactsOf(settings: StackSettings): readonly ModelArtefact[] {
  const versions = Object.values(settings.endpoints).flatMap((endpoint) => Object.values(endpoint.versions));
  return [...new Map(versions.map(({ artefact }) => [artefact.sha256, artefact])).values()];
}
