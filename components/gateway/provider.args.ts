// Settings of a provider of models outside of the cluster: where it is, and where the platform's key at it comes from.
import { z } from "zod";
import { findBaseUrlProblems, keyHeader, providerFields } from "../../serving/contract/provider.ts";
import { dnsLabel } from "../kit/names.ts";
import { PROVIDER_KEY } from "../kit/provider-secret.ts";

const key = z
  .discriminatedUnion("from", [
    z.strictObject({
      from: z
        .literal("config")
        .describe("`config`: the stack's secret `rampa:providerKeys.<name>`, which is kept encrypted."),
    }),
    z.strictObject({
      from: z
        .literal("secretsManager")
        .describe(
          "`secretsManager`: `rampa:aws.secrets.providerKeys.<name>`, on a cluster of the stack's own.",
        ),
    }),
    z.strictObject({
      from: z.literal("secret").describe("`secret`: a Secret in the namespace that somebody else makes."),
      name: dnsLabel.describe("Name of the Secret."),
      field: z
        .string()
        .regex(/^[-._a-zA-Z0-9]{1,253}$/, "a key of a Secret")
        .default(PROVIDER_KEY)
        .describe("Its key that holds the provider's key."),
    }),
    z.strictObject({ from: z.literal("none").describe("`none`: the provider asks for no key.") }),
  ])
  .describe("Where the key comes from that the gateway sends instead of the caller's.");

export const providerSettings = z
  .strictObject({ ...providerFields, key, keyHeader })
  .superRefine(({ baseUrl, addresses, key: { from } }, context) => {
    const given = { baseUrl, addresses, key: from === "none" ? undefined : from };
    for (const message of findBaseUrlProblems(given)) {
      context.addIssue({ code: "custom", path: ["baseUrl"], message });
    }
  });

export type ProviderSettings = z.output<typeof providerSettings>;

export const providers = z
  .record(dnsLabel, providerSettings)
  .default({})
  .describe("Providers of models outside of the cluster, by name; none when left out.");
