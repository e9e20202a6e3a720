// The program of `npm run policy`: a stack's platform with stand-ins for what only a cluster or a build can tell.
import { Provider as KubernetesProvider } from "@pulumi/kubernetes/provider.js";
import { Provider as RandomProvider } from "@pulumi/random/provider.js";
import { definePlatform } from "./platform.ts";
import { readStackSettings } from "./settings.ts";

/** In place of the image that an `up` builds from this checkout. */
const STAND_IN_DIGEST = `sha256:${"0".repeat(64)}`;

const settings = readStackSettings();

definePlatform(settings, {
  providers: {
    kubernetes: new KubernetesProvider("kubernetes", { clusterIdentifier: "planned" }),
    random: new RandomProvider("random"),
  },
  image: {
    repository: "rampa.local/serving",
    ...settings.image,
    digest: settings.image?.digest ?? STAND_IN_DIGEST,
  },
  modelCachePath: settings.local === undefined ? undefined : "/var/lib/rampa/models",
});
