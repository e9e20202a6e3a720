// Stand-ins for what only a cluster, a build or another stack can tell: for plans that ask nobody. Pure.
import type { StackRefs } from "./define-stack.ts";
import { wantedTools } from "./local-tools.ts";
import { plannedProviderKeys } from "./provider-settings.ts";
import { ownsCluster, type StackSettings } from "./settings.ts";

/** In place of the image that an `up` builds from this checkout. */
const STAND_IN_DIGEST = `sha256:${"0".repeat(64)}`;

export function plannedRefs(settings: StackSettings): StackRefs {
  const { image, local, namespace, providers } = settings;
  return {
    providerKeys: plannedProviderKeys(providers),
    tools: Object.fromEntries(
      wantedTools(settings).map((name) => [name, `rampa.local/${name}@${STAND_IN_DIGEST}`]),
    ),
    image: { repository: "rampa.local/serving", ...image, digest: image?.digest ?? STAND_IN_DIGEST },
    cluster: ownsCluster(settings)
      ? undefined
      : {
          identifier: "planned",
          modelCachePath: local === undefined ? undefined : "/var/lib/rampa/models",
          storeDirectory: local === undefined ? undefined : `/var/lib/rampa/data/${namespace}`,
        },
  };
}
