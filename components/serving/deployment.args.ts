// Settings that the deployment of every engine has: pods, their size, their rollout and their start-up budget.
import { z } from "zod";
import { containerResources, memoryQuantity } from "../kit/quantities.ts";
import { gpuRolloutSettings, rolloutSettings } from "../kit/rollout.ts";
import { modelCard } from "./model-card.args.ts";
import { scaling } from "./scaling.args.ts";

const SECONDS = "whole seconds from 10 to 3600";

const startup = z.int(SECONDS).min(10, SECONDS).max(3600, SECONDS);
const startupMeaning =
  "Time that loading and warming up the model may take; a pod that is slower is restarted.";

const shared = {
  replicas: z
    .int("a whole number from 1 up")
    .min(1, "a whole number from 1 up")
    .default(2)
    .describe("Pods of this version, unless `scaling` decides their number."),
  spread: z
    .enum(["prefer", "require"])
    .default("prefer")
    .describe("Spread over zones and nodes: `require` leaves a pod pending rather than unevenly placed."),
  cacheSize: memoryQuantity
    .default("16Gi")
    .describe("Disk for the weights inside the pod, where the nodes offer no shared cache."),
  scaling,
  card: modelCard,
};

/** Of engines on processors. */
export const deploymentFields = {
  ...shared,
  resources: containerResources
    .prefault({ cpu: "2", memory: "4Gi" })
    .describe("CPU and memory of one pod; 2 cores and 4Gi when left out."),
  rollout: rolloutSettings.describe(
    "How pods are replaced; one more at a time and none fewer when left out.",
  ),
  startupSeconds: startup.default(300).describe(startupMeaning),
};

/** Of engines on GPUs. The resources fit beside the system's pods on a node of 4 cores and 16 GiB. */
export const gpuDeploymentFields = {
  ...shared,
  resources: containerResources
    .prefault({ cpu: "3", memory: "12Gi" })
    .describe("CPU and memory of one pod; 3 cores and 12Gi when left out."),
  rollout: gpuRolloutSettings.describe(
    "How pods are replaced; one fewer at a time and none more when left out, so that an update needs no spare GPU.",
  ),
  startupSeconds: startup.default(900).describe(startupMeaning),
  sharedMemory: memoryQuantity
    .default("2Gi")
    .describe("Size of `/dev/shm`, by which the processes of several GPUs talk; part of the pod's memory."),
};
