// A model server whose engine takes a request and never moves again; its watchdog gives up after half a second.
import { readFileSync } from "node:fs";
import { parseConfig } from "../../../serving/contract/config-error.ts";
import { runtimeConfig } from "../../../serving/contract/runtime-config.ts";
import { endProcess } from "../../../serving/http/end-process.ts";
import { runModel } from "../../../serving/http/model/model-role.ts";
import type { Engine } from "../../../serving/ports.ts";

const path = process.env.RAMPA_CONFIG ?? "";
const config = parseConfig(runtimeConfig, JSON.parse(readFileSync(path, "utf8")), {
  source: path,
  next: "correct the file",
});
if (config.role !== "model") throw new Error(`role ${config.role}, want model`);

let pendingSince: number | undefined;
const engine: Engine = {
  async *generate() {
    pendingSince = performance.now();
    await new Promise<never>(() => undefined);
    yield { kind: "end", reason: "stop" };
  },
  status: () => ({
    sequences: 1,
    sequencesBusy: pendingSince === undefined ? 0 : 1,
    waiting: 0,
    kvTokensUsed: 0,
    kvTokens: 1,
    kvBytes: 0,
    modelBytes: 0,
    threads: 1,
    passes: 0,
    stalledMs: pendingSince === undefined ? 0 : performance.now() - pendingSince,
  }),
  close: async () => undefined,
};

endProcess(await runModel(config, { load: async () => engine, wedgedMs: 500 }));
