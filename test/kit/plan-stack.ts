// planStack: a stack file of the checkout run through the platform without an engine, its resources recorded.
import { join } from "node:path";
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { definePlatform, type PlatformOutputs } from "../../stacks/platform.ts";
import { loadStackFile, type StackSettings } from "../../stacks/settings.ts";
import { type RecordedResource, recordResources } from "./record-resources.ts";

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
  readonly outputs: PlatformOutputs;
};

export type PlanOptions = {
  /** Records what a first preview sees, with unknown values. */
  readonly preview?: boolean;
  /** Changes the settings of the file. */
  readonly change?: (settings: StackSettings) => StackSettings;
  /** Where the API server of a local cluster is; elsewhere nobody knows. */
  readonly apiServers?: string[] | undefined;
};

/** As the embedded cluster has them: the Service's address and the node's. */
const API_SERVERS = ["10.96.0.1/32", "198.18.0.2/32"];

/** Plans the checked-in stack `name`, on a local cluster with a model cache or on any other without. */
export async function planStack(name: string, options: PlanOptions = {}): Promise<PlannedStack> {
  const loaded = await loadStackFile(join(CHECKOUT, "stacks", `Pulumi.${name}.yaml`));
  const settings = options.change?.(loaded) ?? loaded;
  const held: { outputs?: PlatformOutputs } = {};
  const define = () => {
    const providers = {
      kubernetes: new KubernetesProvider("kubernetes", { context: name, clusterIdentifier: name }),
      random: new RandomProvider("random"),
    };
    held.outputs = definePlatform(settings, {
      providers,
      image: { ...LOCAL_IMAGE, ...settings.image, digest: settings.image?.digest ?? LOCAL_IMAGE.digest },
      ...(settings.local !== undefined && {
        apiServers: options.apiServers ?? API_SERVERS,
        modelCachePath: "/var/lib/rampa/models",
      }),
    });
  };
  const resources = await recordResources(define, {
    stack: name,
    project: "rampa",
    preview: options.preview ?? false,
  });
  if (held.outputs === undefined) throw new Error("the platform was not defined");
  return { settings, resources, outputs: held.outputs };
}
