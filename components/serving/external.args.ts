// Settings of a version that a provider serves outside of the cluster: agreed on, and not part of a stack file yet.
import { z } from "zod";
import { dnsLabel } from "../kit/names.ts";

/** Waits for a gateway that speaks TLS to upstreams, adds a provider's key and puts the provider's model in requests. */
export const externalVersion = z.strictObject({
  engine: z.literal("external").describe("An OpenAI-compatible endpoint of a provider; no pods."),
  baseUrl: z
    .url({ protocol: /^https$/, error: "an https URL, e.g. https://api.example.com/v1" })
    .describe("What an OpenAI client takes as its base URL."),
  model: z.string().min(1).describe("The provider's name for the model."),
  keySecret: z
    .strictObject({
      name: dnsLabel.describe("Name of the Secret, in the environment's namespace."),
      key: z.string().min(1).default("key").describe("Its key that holds the provider's key."),
    })
    .describe("Secret with the key that the gateway sends instead of the caller's."),
  concurrency: z.int().min(1).default(64).describe("Requests that may be under way at once."),
});
