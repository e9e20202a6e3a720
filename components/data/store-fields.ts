// Settings that the stores inside the cluster share: who may connect, what they may use, where their files lie.
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";
import { ownership } from "../kit/ownership.ts";
import { containerResources, memoryQuantity } from "../kit/quantities.ts";

/** User of the images that the local stack builds. */
const BUILT_IMAGE_USER = 65_532;

export const storeFields = z.strictObject({
  ownership,
  clients: z
    .array(dnsLabel)
    .min(1, "at least one role")
    .default(["gateway", "controller"])
    .describe("Roles whose pods may connect: their label `app.kubernetes.io/component`."),
  user: z
    .int("a user ID")
    .min(1, "a user other than root")
    .default(BUILT_IMAGE_USER)
    .describe("User that the image's programs run as; the official images have 999."),
});

/** Memory decides what the server itself may use, so it is known as a number of MiB. */
export const storeResources = (defaults: z.input<typeof containerResources>) =>
  containerResources
    .refine((it) => toMebibytes(it.memory) >= LEAST_MEBIBYTES, {
      path: ["memory"],
      message: `at least ${LEAST_MEBIBYTES}Mi`,
    })
    .prefault(defaults)
    .describe("CPU and memory of the server.");

const LEAST_MEBIBYTES = 64;
const MEBIBYTES: Readonly<Record<string, number>> = { Ki: 1 / 1024, Mi: 1, Gi: 1024, Ti: 1024 * 1024 };

export function toMebibytes(quantity: string): number {
  return Math.floor(Number.parseInt(quantity, 10) * (MEBIBYTES[quantity.slice(-2)] ?? 0));
}

export const storeVolume = (size: string) =>
  z
    .strictObject({
      size: memoryQuantity.default(size).describe("Size of the volume."),
      className: dnsLabel
        .optional()
        .describe("StorageClass of the volume; the cluster's default when left out."),
      path: z
        .string()
        .regex(/^\/.+/, "an absolute path on the node")
        .optional()
        .describe(
          "Directory on the one node of a local cluster that is the volume, writable for `user`; then no class is asked.",
        ),
    })
    .refine((it) => it.path === undefined || it.className === undefined, {
      path: ["className"],
      message: "nothing, as the volume is a directory of the node (`path`)",
    })
    .prefault({});

export type StoreVolume = z.output<ReturnType<typeof storeVolume>>;
