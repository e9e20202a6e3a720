// A provider of models outside of the cluster: what the gateway is told of it, and what its base URL may be.
import { isIP } from "node:net";
import { z } from "zod";
import { createAddressRules, isNeverAllowed } from "./address-rules.ts";
import { certificates } from "./certificates.ts";

/** Ours to set, or the hop's own; a key belongs into a Secret. */
const RESERVED_HEADER =
  /^(authorization|proxy-.*|api-key|x-api-key|x-goog-api-key|cookie|host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|keep-alive|accept-encoding|x-rampa-.*)$/;

const headerName = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, "a header's name in lower case")
  .refine((name) => !RESERVED_HEADER.test(name), "another header: this one is set by the gateway");

const range = z
  .union([z.cidrv4(), z.cidrv6()], "an address range, e.g. 203.0.113.0/24")
  .refine(isNarrow, "a range of IPv4 from /8, of IPv6 from /16 on")
  .refine((it) => !isNeverAllowed(it), "other addresses: these hand out the credentials of machines");

const CONCURRENCY = "a whole number from 1 to 1024";

export const providerFields = {
  api: z
    .enum(["openai"])
    .default("openai")
    .describe(
      "API that the provider speaks; `openai`: OpenAI itself, Azure's v1 API, vLLM, TGI, Ollama and others.",
    ),
  baseUrl: z
    .string()
    .describe(
      "What an OpenAI client takes as its base URL, e.g. `https://api.openai.com/v1`. Plain `http` only without a key and with `addresses`.",
    ),
  addresses: z
    .array(range)
    .min(1, "at least one range")
    .optional()
    .describe(
      "Address ranges that the provider's name may resolve to, checked at every connection; every public address and no private one when left out.",
    ),
  headers: z
    .record(headerName, z.string().regex(/^[\x20-\x7e]{1,1024}$/, "printable ASCII characters"))
    .default({})
    .describe("Further headers of every request, e.g. `openai-project`; never a key."),
  authority: certificates
    .optional()
    .describe(
      "Certificates, in PEM form, of the only authority trusted here; the public ones when left out.",
    ),
  concurrency: z
    .int(CONCURRENCY)
    .min(1, CONCURRENCY)
    .max(1024, CONCURRENCY)
    .default(64)
    .describe("Requests that one pod of the gateway has under way at once; one more is refused with 503."),
} as const;

export const keyHeader = z
  .enum(["authorization", "api-key"])
  .default("authorization")
  .describe("Header with the key: `authorization` as a bearer token, or `api-key`, as Azure has it.");

type Address = {
  readonly baseUrl: string;
  readonly addresses?: readonly string[] | undefined;
  readonly key?: unknown;
};

/** Provider as the gateway's configuration file has it. */
export const providerRuntime = z
  .strictObject({
    ...providerFields,
    key: z
      .strictObject({
        file: z.string().describe("Path of the file that holds the key; reread when it changes."),
        header: keyHeader,
      })
      .optional(),
  })
  .superRefine((it, context) => {
    for (const message of findBaseUrlProblems(it)) {
      context.addIssue({ code: "custom", path: ["baseUrl"], message });
    }
  });

export type ProviderRuntime = z.output<typeof providerRuntime>;

/** What is wrong with where a provider is, as far as that can be told before its name is resolved. */
export function findBaseUrlProblems({ baseUrl, addresses, key }: Address): readonly string[] {
  const url = parseUrl(baseUrl);
  if (url === undefined) return ["an https URL, e.g. https://api.example.com/v1"];
  const isPlainAllowed = url.protocol === "http:" && key === undefined && addresses !== undefined;
  const hasMore = url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "";
  return [
    ...(url.protocol === "https:" || isPlainAllowed
      ? []
      : ["an https URL; `http` only without a key and with `addresses`"]),
    ...(hasMore ? ["a URL without user, query and fragment"] : []),
    ...findHostProblems(url.hostname, addresses),
  ];
}

function findHostProblems(hostname: string, addresses: readonly string[] | undefined): readonly string[] {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0) {
    if (createAddressRules(addresses).allows(host)) return [];
    return [
      addresses === undefined ? "a public address, or `addresses` that hold it" : "an address of `addresses`",
    ];
  }
  return addresses === undefined && LOCAL_NAME.test(host)
    ? ["a public host name, or `addresses` with what it resolves to"]
    : [];
}

const LOCAL_NAME = /^[^.]+$|(^|\.)(localhost|local|internal|svc|lan|home\.arpa|intranet|corp|test)$/i;

function parseUrl(text: string): URL | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text);
}

/** Half the internet is no list. */
function isNarrow(cidr: string): boolean {
  const [address = "", prefix = ""] = cidr.split("/");
  return Number(prefix) >= (address.includes(":") ? 16 : 8);
}
