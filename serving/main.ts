// Entry of the serving bundle: reads RAMPA_CONFIG, checks it, starts the role it names, exits with the role's code.
import "./http/process-ends.ts";
import { readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { ConfigError, parseConfig } from "./contract/config-error.ts";
import { type RuntimeConfig, runtimeConfig } from "./contract/runtime-config.ts";
import { endProcess } from "./http/end-process.ts";

const NEXT = "correct the file, then run the same command with --check";

async function main(args: readonly string[]): Promise<number> {
  const config = readConfig(process.env.RAMPA_CONFIG);
  if (args.includes("--check")) {
    process.stdout.write(`The configuration of role '${config.role}' is valid.\n`);
    return 0;
  }
  return startRole(config);
}

/** Roles are imported on demand: a gateway must not pay for loading the model engine. */
async function startRole(config: RuntimeConfig): Promise<number> {
  switch (config.role) {
    case "gateway":
      return (await import("./http/gateway/gateway-role.ts")).runGateway(config);
    case "model":
      return (await import("./http/model/model-role.ts")).runModel(config);
    case "inference":
      return (await import("./http/inference/inference-role.ts")).runInference(config);
    case "fetch":
      return (await import("./adapters/artefact/fetch-role.ts")).runFetch(config);
  }
}

function readConfig(path: string | undefined): RuntimeConfig {
  if (!path) {
    const problem = { path: "", got: "nothing", want: "the path of a runtime configuration file" };
    throw new ConfigError("RAMPA_CONFIG", [problem], "set RAMPA_CONFIG to the file's path");
  }
  return parseConfig(runtimeConfig, parseFile(path), { source: path, next: NEXT });
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const got = error instanceof SyntaxError ? "text that is not JSON" : error.message;
    throw new ConfigError(path, [{ path: "", got, want: "a readable JSON file" }], NEXT);
  }
}

async function runProcess(): Promise<void> {
  try {
    endProcess(await main(process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

// As one file, the bundle is also what the threads of an engine run.
if (isMainThread) await runProcess();
else await import("./adapters/onnx/session-thread.ts");
