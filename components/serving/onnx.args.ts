// Settings of a version on the bundled ONNX engine: predictive models and embeddings.
import { z } from "zod";
import { inferenceRuntime } from "../../serving/contract/runtime-config.ts";
import { containerResources } from "../kit/quantities.ts";
import { deploymentFields } from "./deployment.args.ts";

const runtime = inferenceRuntime.shape;

/** As it stands in a stack file. */
export const onnxVersion = z
  .strictObject({
    engine: z.literal("onnx").describe("The bundled ONNX engine: predictive models and embeddings."),
    artefact: runtime.artefact,
    externalData: runtime.externalData,
    embeddings: runtime.embeddings,
    queueLimit: runtime.queueLimit,
    deadlineMs: runtime.deadlineMs,
    threads: runtime.threads,
    batchTokens: runtime.batchTokens,
    tensorElements: runtime.tensorElements,
    limits: runtime.limits.describe("Largest request body and its deepest nesting."),
    drain: runtime.drain.describe("How a pod that stops finishes its answers."),
    log: runtime.log.describe("What the log holds."),
    gpu: z
      .never("none: the engine computes on processors")
      .optional()
      .describe("None: the engine computes on processors."),
    ...deploymentFields,
    resources: containerResources
      .prefault({ cpu: "1", memory: "1Gi" })
      .describe("CPU and memory of one pod; 1 core and 1Gi when left out."),
  })
  .superRefine(({ embeddings, batchTokens, externalData }, context) => {
    if (embeddings !== undefined && embeddings.maxTokens > batchTokens) {
      const message = `at least ${embeddings.maxTokens}, the tokens of the longest text (\`embeddings.maxTokens\`)`;
      context.addIssue({ code: "custom", path: ["batchTokens"], message });
    }
    const names = externalData.map(({ location }) => location);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      context.addIssue({
        code: "custom",
        path: ["externalData", index, "location"],
        message: "a name that no other file has",
      });
    }
  });
