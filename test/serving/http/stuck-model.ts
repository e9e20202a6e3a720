// A model server whose load blocks every thread of the pool in the opening of a FIFO, and throws then if it is asked to.
import { open, readFileSync } from "node:fs";
import "../../../serving/http/process-ends.ts";
import { parseConfig } from "../../../serving/contract/config-error.ts";
import { runtimeConfig } from "../../../serving/contract/runtime-config.ts";
import { endProcess } from "../../../serving/http/end-process.ts";
import { runModel } from "../../../serving/http/model/model-role.ts";

const POOL_THREADS = 4;
const { RAMPA_CONFIG: path = "", STUCK_FIFO: fifo = "", STUCK_THEN } = process.env;
const config = parseConfig(runtimeConfig, JSON.parse(readFileSync(path, "utf8")), { source: path, next: "" });
if (config.role !== "model") throw new Error(`role ${config.role}, want model`);

async function load(): Promise<never> {
  for (let thread = 0; thread < POOL_THREADS; thread += 1) open(fifo, "r", () => undefined);
  process.stderr.write("stuck\n");
  if (STUCK_THEN === "throw") setTimeout(() => Promise.reject(new Error("nobody expects this")), 100);
  return new Promise(() => undefined);
}

endProcess(await runModel(config, { load }));
