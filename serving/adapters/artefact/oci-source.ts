// oci: a blob of an OCI registry, with the token authentication of the distribution specification.
import { z } from "zod";
import { ArtefactError } from "./artefact-error.ts";
import type { ArtefactSource, FetchSurroundings } from "./artefact-source.ts";
import { getOnce, httpSource } from "./http-source.ts";

const TOKEN_TIMEOUT_MS = 15_000;

export type OciBlob = { readonly registry: string; readonly repository: string; readonly digest: string };

export function ociSource(blob: OciBlob, around: FetchSurroundings): ArtefactSource {
  const url = new URL(`${registryOrigin(blob.registry)}/v2/${blob.repository}/blobs/${blob.digest}`);
  let token: string | undefined;
  return {
    async open(from, signal) {
      token ??= await obtainToken(url, blob, around);
      const authorization = token === "" ? {} : { authorization: token };
      return httpSource({ url, headers: (_to, range) => ({ ...range, ...authorization }) }, around).open(
        from,
        signal,
      );
    },
  };
}

/** Registries on the loopback speak plain HTTP, as every container engine assumes. */
function registryOrigin(registry: string): string {
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry);
  return `${isLoopback ? "http" : "https"}://${registry}`;
}

/** The authorization header the registry asks for; empty when it lets anyone pull. */
async function obtainToken(url: URL, blob: OciBlob, around: FetchSurroundings): Promise<string> {
  const way = { around, signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS) };
  const probe = await getOnce(new URL("/v2/", url), {}, way);
  await probe.body.dump();
  if (probe.statusCode !== 401) return "";
  const login = readLogin(around);
  const challenge = String(probe.headers["www-authenticate"] ?? "");
  if (/^basic/i.test(challenge)) return login ?? "";
  const realm = /realm="([^"]+)"/.exec(challenge)?.[1];
  if (realm === undefined)
    throw new ArtefactError("artefact.http", `${url.host}: asks for a login it does not describe`);
  const tokenUrl = new URL(realm);
  const service = /service="([^"]+)"/.exec(challenge)?.[1];
  if (service !== undefined) tokenUrl.searchParams.set("service", service);
  tokenUrl.searchParams.set("scope", `repository:${blob.repository}:pull`);
  return requestToken(tokenUrl, login, way);
}

type Way = Parameters<typeof getOnce>[2];

async function requestToken(url: URL, login: string | undefined, way: Way): Promise<string> {
  const response = await getOnce(url, login === undefined ? {} : { authorization: login }, way);
  const shape = z.object({ token: z.string().optional(), access_token: z.string().optional() });
  const parsed = shape.safeParse(await response.body.json().catch(() => undefined));
  const token = parsed.data?.token ?? parsed.data?.access_token;
  if (response.statusCode === 200 && token !== undefined) return `Bearer ${token}`;
  const want = "want 200 with a token; set OCI_USERNAME and OCI_PASSWORD where the repository is private";
  throw new ArtefactError(
    "artefact.http",
    `${url.host}: got status ${response.statusCode} for a token, ${want}`,
    response.statusCode >= 500,
  );
}

function readLogin({ env }: FetchSurroundings): string | undefined {
  const user = env.OCI_USERNAME;
  const password = env.OCI_PASSWORD;
  if (user === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}
