// Settings of the gateway → names, labels, configuration file and times of its deployment.
import type { GatewayRuntime } from "../../serving/contract/runtime-config.ts";
import { selectorLabels, standardLabels } from "../kit/ownership.ts";
import { type ConfigFiles, planConfigFiles, terminationSeconds } from "../kit/pod.ts";
import type { GatewaySettings } from "./gateway.args.ts";
import { type ProviderKeyPlan, planProviderKeys, toRuntimeProviders } from "./provider.plan.ts";

export const KEYS_DIR = "/etc/rampa/keys";

/** The gateway loads no model: what takes longer than this hangs. */
const STARTUP_SECONDS = 30;

export type GatewayPlan = {
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly config: ConfigFiles;
  readonly startupSeconds: number;
  readonly terminationSeconds: number;
  readonly providerKeys: readonly ProviderKeyPlan[];
} & Pick<GatewaySettings, "replicas" | "resources" | "service" | "rollout" | "spread" | "createGatewayClass">;

/** Decides what the gateway's deployment consists of. */
export function planGateway(settings: GatewaySettings): GatewayPlan {
  const { replicas, resources, service, rollout, spread, createGatewayClass } = settings;
  const subject = { name: "gateway", instance: "gateway" };
  return {
    labels: standardLabels(settings.ownership, subject),
    selector: selectorLabels(subject),
    config: planConfigFiles("gateway", { "config.json": toRuntime(settings) }),
    startupSeconds: STARTUP_SECONDS,
    terminationSeconds: terminationSeconds(settings.drain),
    providerKeys: planProviderKeys(settings.providers, settings.ownership),
    replicas,
    resources,
    service,
    rollout,
    spread,
    createGatewayClass,
  };
}

/** What is left out takes the runtime's own defaults. */
type WrittenRuntime = Omit<GatewayRuntime, "listen" | "hold" | "providers"> &
  Partial<Pick<GatewayRuntime, "hold" | "providers">>;

function toRuntime(settings: GatewaySettings): WrittenRuntime {
  const providers = toRuntimeProviders(settings.providers);
  return {
    role: "gateway",
    keysFile: `${KEYS_DIR}/keys.json`,
    routes: { from: "kubernetes", namespace: settings.namespace },
    ...(Object.keys(providers).length > 0 && { providers }),
    timeouts: settings.timeouts,
    ...(settings.hold && { hold: settings.hold }),
    limits: settings.limits,
    drain: settings.drain,
    log: settings.log,
  };
}
