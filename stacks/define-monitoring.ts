// defineMonitoring: what watches a stack, for the Prometheus that its cluster has or by one of its own.
import type { Output, ProviderResource, Resource } from "@pulumi/pulumi";
import { InvariantError } from "../components/kit/invariant-error.ts";
import type { Ownership } from "../components/kit/ownership.ts";
import { Monitoring } from "../components/monitoring/monitoring.ts";
import { StandaloneMonitoring } from "../components/monitoring/standalone.ts";
import type { ToolReferences } from "./local/images/tool-image.ts";
import { type StandaloneStack, standaloneStackOf } from "./monitoring-settings.ts";
import type { StackSettings } from "./settings.ts";

type Surroundings = {
  readonly ownership: Ownership;
  /** The watched namespace. */
  readonly namespace: Output<string>;
  readonly providers: ProviderResource[];
  readonly dependsOn: Resource[];
  /** Images that were built here. */
  readonly tools: ToolReferences;
};

/** Creates nothing where the settings do not ask for it. */
export function defineMonitoring(settings: StackSettings, around: Surroundings): void {
  if (settings.monitoring === undefined) return;
  const { stack: _stack, ...rules } = settings.monitoring;
  const { ownership, namespace, providers, dependsOn } = around;
  const common = { ...rules, ownership, namespace: settings.namespace };
  const own = standaloneStackOf(settings);
  if (own === undefined) {
    const gpus = (settings.aws?.gpuPools.length ?? 0) > 0;
    new Monitoring("monitoring", { ...common, gpus, refs: { namespace } }, { providers, dependsOn });
    return;
  }
  const { kind: _kind, images, ...server } = own;
  new StandaloneMonitoring(
    "monitoring",
    {
      ...common,
      server,
      endpoints: versionsOf(settings),
      refs: { namespace, images: images ?? builtImages(around.tools) },
    },
    { providers, dependsOn },
  );
}

function versionsOf({ endpoints }: StackSettings): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(endpoints).map(([name, { versions }]) => [name, Object.keys(versions)]),
  );
}

function builtImages({ prometheus, alertmanager }: ToolReferences): NonNullable<StandaloneStack["images"]> {
  if (prometheus === undefined || alertmanager === undefined)
    throw new InvariantError("the images of Prometheus and Alertmanager were not built");
  return { prometheus, alertmanager };
}
