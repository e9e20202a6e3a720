// Settings of a version on vLLM or TGI → command line, environment and volumes of its container.
import { type ModelFiles, readsCache } from "./model-files.args.ts";
import { DOWNLOAD_DIR, SCRATCH_DIR } from "./server-paths.ts";
import type { ModelVersionSettings } from "./serving.args.ts";
import { tgiArgs } from "./tgi.command.ts";
import { vllmCommand } from "./vllm.command.ts";

export type ServerSettings = Extract<ModelVersionSettings, { engine: "vllm" | "tgi" }>;

/** Pods of another project's engine. */
export type ServerPlan = {
  readonly kind: "server";
  readonly image: string;
  /** Replaces the image's entry point where it is given. */
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly tokenSecret: { readonly name: string; readonly key: string } | undefined;
  /** The image's own user. */
  readonly user: { readonly runAsUser: number; readonly runAsGroup: number; readonly fsGroup: number };
  readonly readsCache: boolean;
  /** Disk for what the pod downloads; undefined where it downloads nothing. */
  readonly downloadSize: string | undefined;
  readonly sharedMemory: string;
  /** Time between the pod leaving the Service and SIGTERM. */
  readonly settleSeconds: number;
};

/** Decides what the engine's container is. */
export function planServer(settings: ServerSettings): ServerPlan {
  const { model, drain } = settings;
  return {
    kind: "server",
    image: settings.image,
    ...planProgram(settings),
    environment: { ...COMMON_ENVIRONMENT, ...ENVIRONMENT[settings.engine], ...hubEnvironment(model) },
    tokenSecret: model.from === "hf" ? model.tokenSecret : undefined,
    user: USERS[settings.engine],
    readsCache: readsCache(settings),
    downloadSize: model.from === "hf" ? settings.cacheSize : undefined,
    sharedMemory: settings.sharedMemory,
    settleSeconds: Math.ceil(drain.settleMs / 1000),
  };
}

function planProgram(settings: ServerSettings): Pick<ServerPlan, "command" | "args"> {
  if (settings.engine === "tgi") return { command: undefined, args: tgiArgs(settings) };
  const [program = "", verb = "", ...args] = vllmCommand(settings, settings.endpoint);
  return { command: [program, verb], args };
}

/** vLLM's image has a user for this; TGI's has none, so its pods run as the platform's. */
const USERS: Readonly<Record<ServerSettings["engine"], ServerPlan["user"]>> = {
  vllm: { runAsUser: 2000, runAsGroup: 0, fsGroup: 0 },
  tgi: { runAsUser: 65_532, runAsGroup: 65_532, fsGroup: 65_532 },
};

const CACHES = `${SCRATCH_DIR}/.cache`;

/** Compilers keep what they made under the home directory, and ask for a user's name to get there. */
const COMMON_ENVIRONMENT = {
  HOME: SCRATCH_DIR,
  USER: "model",
  LOGNAME: "model",
  XDG_CACHE_HOME: CACHES,
  TRITON_CACHE_DIR: `${CACHES}/triton`,
  TORCHINDUCTOR_CACHE_DIR: `${CACHES}/torchinductor`,
  HF_HUB_DISABLE_TELEMETRY: "1",
};

const ENVIRONMENT: Readonly<Record<ServerSettings["engine"], Readonly<Record<string, string>>>> = {
  vllm: { VLLM_NO_USAGE_STATS: "1", VLLM_DO_NOT_TRACK: "1" },
  tgi: {},
};

/** Offline, the hub's library looks for nothing outside: a file that is missing is an error and no download. */
function hubEnvironment(model: ModelFiles): Record<string, string> {
  return model.from === "hf"
    ? { HF_HOME: DOWNLOAD_DIR, HUGGINGFACE_HUB_CACHE: `${DOWNLOAD_DIR}/hub` }
    : { HF_HOME: `${CACHES}/huggingface`, HF_HUB_OFFLINE: "1", TRANSFORMERS_OFFLINE: "1" };
}
