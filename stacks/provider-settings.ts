// Settings of providers in a stack: their keys, which are never in clear, and the versions that they serve.
import { type Output, runtime, secret } from "@pulumi/pulumi";
import { z } from "zod";
import type { ProviderSettings } from "../components/gateway/provider.args.ts";
import { dnsLabel } from "../components/kit/names.ts";
import { type ExternalVersionSettings, externalVersion } from "../components/serving/external.args.ts";
import { modelVersion, type VersionSettings } from "../components/serving/serving.args.ts";

const KEYS = "rampa:providerKeys";
const SET = "`pulumi config set --secret --path 'rampa:providerKeys.NAME'`";

/** A version as it stands in a stack file. */
export const stackVersion = z.discriminatedUnion("engine", [...modelVersion.options, externalVersion]);

type StackVersion = z.output<typeof stackVersion>;

export type SplitVersions = {
  /** Those that have pods of their own. */
  readonly versions: Readonly<Record<string, VersionSettings>>;
  /** Those that a provider serves. */
  readonly external: Readonly<Record<string, ExternalVersionSettings>>;
};

/** Most of what looks at versions looks at pods: those of providers are kept apart from them. */
export function splitVersions(all: Readonly<Record<string, StackVersion>>): SplitVersions {
  const entries = Object.entries(all);
  return {
    versions: Object.fromEntries(
      entries.flatMap(([name, it]) => (it.engine === "external" ? [] : [[name, it]])),
    ),
    external: Object.fromEntries(
      entries.flatMap(([name, it]) => (it.engine === "external" ? [[name, it]] : [])),
    ),
  };
}

/** As Pulumi writes it; the value itself is never looked at. */
export const providerKeys = z
  .record(dnsLabel, z.strictObject({ secure: z.string() }, `a secret, set by ${SET}`))
  .default({})
  .describe(`Keys at providers with \`key.from\` \`config\`, by provider, encrypted: ${SET}.`);

const IN_CLEAR = "a value in clear";

/** The stack's configuration with nothing left of its keys but whether they are secret, so that no message can show one. */
export function withoutKeys(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const keys = raw[KEYS];
  if (keys === undefined) return { ...raw };
  if (!isRecord(keys)) return { ...raw, [KEYS]: IN_CLEAR };
  const masked = Object.entries(keys).map(([name, value]) => [name, isSecure(value) ? SECURE : IN_CLEAR]);
  return { ...raw, [KEYS]: Object.fromEntries(masked) };
}

const SECURE = { secure: "" };

const isSecure = (value: unknown): boolean => isRecord(value) && typeof value.secure === "string";

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The engine hands values over decrypted, and does not say which were in clear: that is judged where the file is read. */
export function asWritten(key: string, value: unknown): unknown {
  if (key !== KEYS || !isRecord(value)) return value;
  return Object.fromEntries(Object.keys(value).map((name) => [name, SECURE]));
}

/** The keys of the stack that runs, by provider; secret. */
export function readProviderKeys(): Readonly<Record<string, Output<string>>> {
  const text = runtime.allConfig()[KEYS];
  const keys = text === undefined ? {} : z.record(z.string(), z.string()).parse(JSON.parse(text));
  return Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, secret(key)]));
}

/** Where the gateway's pods have to get to, by provider. */
export function providerPeers(
  providers: Readonly<Record<string, Pick<ProviderSettings, "baseUrl" | "addresses">>>,
): Record<string, { port: number; addresses?: string[] }> {
  return Object.fromEntries(
    Object.entries(providers).map(([name, { baseUrl, addresses }]) => {
      const { port, protocol } = new URL(baseUrl);
      const standard = protocol === "http:" ? 80 : 443;
      return [name, { port: port === "" ? standard : Number(port), ...(addresses && { addresses }) }];
    }),
  );
}

/** In place of the keys of a stack that only plans; secret. */
export function plannedProviderKeys(
  providers: Readonly<Record<string, Pick<ProviderSettings, "key">>>,
): Readonly<Record<string, Output<string>>> {
  const names = Object.keys(providers).filter((name) => providers[name]?.key.from === "config");
  return Object.fromEntries(names.map((name) => [name, secret("planned")]));
}

type Problem = {
  readonly section: "rampa:providers" | "rampa:providerKeys" | "rampa:endpoints";
  readonly path: readonly string[];
  readonly want: string;
};

type Config = {
  readonly providers: Readonly<Record<string, Pick<ProviderSettings, "key">>>;
  readonly keys: Readonly<Record<string, unknown>>;
  readonly endpoints: Readonly<Record<string, Pick<SplitVersions, "external">>>;
  /** Names of `rampa:aws.secrets.providerKeys`; undefined where the stack makes no cluster of its own. */
  readonly managed: readonly string[] | undefined;
};

/** Versions of providers that are not there, and keys that are wanted or given without the other side. */
export function findProviderProblems({ providers, keys, endpoints, managed }: Config): readonly Problem[] {
  const names = Object.keys(providers).join(", ") || "none is there yet";
  const unknown = Object.entries(endpoints).flatMap(([endpoint, { external }]) =>
    Object.entries(external).flatMap(([version, { provider }]): readonly Problem[] =>
      Object.hasOwn(providers, provider)
        ? []
        : [
            {
              section: "rampa:endpoints",
              path: [endpoint, "versions", version, "provider"],
              want: `a provider of \`rampa:providers\`: ${names}`,
            },
          ],
    ),
  );
  const lacking = Object.entries(providers).flatMap(([name, { key }]): readonly Problem[] => {
    const want = findKeyProblem(name, key.from, { keys, managed });
    return want === undefined ? [] : [{ section: "rampa:providers", path: [name, "key", "from"], want }];
  });
  const unused = Object.keys(keys)
    .filter((name) => providers[name]?.key.from !== "config")
    .map((name): Problem => {
      const want = `no key, or a provider ${name} with \`key: { from: config }\``;
      return { section: "rampa:providerKeys", path: [name], want };
    });
  return [...unknown, ...lacking, ...unused];
}

function findKeyProblem(
  name: string,
  from: ProviderSettings["key"]["from"],
  { keys, managed }: Pick<Config, "keys" | "managed">,
): string | undefined {
  if (from === "config" && !Object.hasOwn(keys, name)) return `a key, set by ${SET.replace("NAME", name)}`;
  if (from !== "secretsManager") return undefined;
  if (managed === undefined) return '"config" or "secret", as the cluster is not the stack\'s own';
  return managed.includes(name) ? undefined : `an entry ${name} in \`rampa:aws.secrets.providerKeys\``;
}
