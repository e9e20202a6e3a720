// The inference role with a watchdog that gives up after a second; a program for inference-start.test.ts.
import { readFileSync } from "node:fs";
import { inferenceRuntime } from "../../../serving/contract/runtime-config.ts";
import { endProcess } from "../../../serving/http/end-process.ts";
import { runInference } from "../../../serving/http/inference/inference-role.ts";

const config = inferenceRuntime.parse(JSON.parse(readFileSync(process.env.RAMPA_CONFIG ?? "", "utf8")));
endProcess(await runInference(config, { wedgedMs: 1_000 }));
