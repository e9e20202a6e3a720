// planStack: a stack file of the checkout run through the platform without an engine, its resources recorded.
import { join } from "node:path";
import { defineStack, type GivenCluster, type StackOutputs } from "../../stacks/define-stack.ts";
import { wantedTools } from "../../stacks/local-tools.ts";
import { plannedProviderKeys } from "../../stacks/provider-settings.ts";
import { loadStackFile, ownsCluster, type StackSettings } from "../../stacks/settings.ts";
import { type RecordedResource, type RecordOptions, recordResources } from "./record-resources.ts";

export const STACKS = ["local", "dev", "staging", "prod"] as const;

const CHECKOUT = join(import.meta.dirname, "../..");

/** The image that a build would give. */
const LOCAL_IMAGE = {
  repository: "rampa.local/serving",
  digest: `sha256:${"1".repeat(64)}`,
  sbomDigest: `sha256:${"2".repeat(64)}`,
};

export type PlannedStack = {
  readonly settings: StackSettings;
  readonly resources: RecordedResource[];
  readonly outputs: StackOutputs;
};

export type PlanOptions = {
  /** Records what a first preview sees, with unknown values. */
  readonly preview?: boolean;
  /** Changes the settings of the file. */
  readonly change?: (settings: StackSettings) => StackSettings;
  /** Where the API server of a local cluster is; elsewhere nobody knows. */
  readonly apiServers?: string[] | undefined;
  /** Outputs that only a deployment can tell, by resource type. */
  readonly computed?: RecordOptions["computed"];
};

/** As the embedded cluster has them: the Service's address and the node's. */
const API_SERVERS = ["10.96.0.1/32", "198.18.0.2/32"];

/** Plans the checked-in stack `name`, on a local cluster with a model cache, a named one, or its own. */
export async function planStack(name: string, options: PlanOptions = {}): Promise<PlannedStack> {
  const loaded = await loadStackFile(join(CHECKOUT, "stacks", `Pulumi.${name}.yaml`));
  const settings = options.change?.(loaded) ?? loaded;
  const held: { outputs?: StackOutputs } = {};
  const define = async (): Promise<void> => {
    held.outputs = await defineStack(settings, {
      tools: Object.fromEntries(
        wantedTools(settings).map((name) => [name, `rampa.local/${name}@${LOCAL_IMAGE.digest}`]),
      ),
      image: { ...LOCAL_IMAGE, ...settings.image, digest: settings.image?.digest ?? LOCAL_IMAGE.digest },
      providerKeys: plannedProviderKeys(settings.providers),
      cluster: ownsCluster(settings) ? undefined : givenCluster(name, settings, options),
    });
  };
  const resources = await recordResources(define, {
    stack: name,
    project: "rampa",
    preview: options.preview ?? false,
    ...(options.computed && { computed: options.computed }),
  });
  if (held.outputs === undefined) throw new Error("the platform was not defined");
  return { settings, resources, outputs: held.outputs };
}

/** The settings of a stack on a cluster that stands already, without what only a cluster of its own has. */
export function onNamedCluster(settings: StackSettings): StackSettings {
  if (settings.local !== undefined) return settings;
  const cluster = { use: "context", context: settings.stack } as const;
  return { ...settings, cluster, aws: undefined, monitoring: undefined };
}

function givenCluster(name: string, settings: StackSettings, { apiServers }: PlanOptions): GivenCluster {
  const { local, namespace } = settings;
  const named = { context: name, identifier: name };
  if (local === undefined) return named;
  return {
    ...named,
    apiServers: apiServers ?? API_SERVERS,
    modelCachePath: "/var/lib/rampa/models",
    storeDirectory: `/var/lib/rampa/data/${namespace}`,
  };
}
