// Credentials for AWS: the environment's own, or a role's from the container credentials endpoint, renewed before their end.
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { z } from "zod";
import { ArtefactError } from "./artefact-error.ts";
import type { FetchSurroundings } from "./artefact-source.ts";
import { getOnce } from "./http-source.ts";
import type { AwsCredentials } from "./sigv4.ts";

const TIMEOUT_MS = 10_000;
/** Credentials this near to their end are renewed: a request that is under way still has to be believed. */
const RENEW_MS = 5 * 60_000;

/** The agent of EKS Pod Identity, in both families. Source: AWS SDKs and Tools Reference, container credential provider. */
const AGENTS: readonly string[] = ["169.254.170.23", "[fd00:ec2::23]"];

type Held = { readonly credentials: AwsCredentials; readonly endsMs: number };

/** Asks for credentials, which are undefined where the environment has none. Fails with an ArtefactError. */
export function createCredentials(around: FetchSurroundings): () => Promise<AwsCredentials | undefined> {
  const { env, now } = around;
  const own = credentialsOf(env);
  if (own !== undefined) return async () => own;
  const address = env.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (address === undefined || address === "") return async () => undefined;
  let held: Held | undefined;
  return async () => {
    if (held !== undefined && held.endsMs - now().getTime() > RENEW_MS) return held.credentials;
    try {
      held = await askEndpoint(endpointAt(address), around);
    } catch (error) {
      // What holds for some minutes yet may outlast an agent that starts anew.
      if (!(error instanceof ArtefactError) || held === undefined || held.endsMs <= now().getTime()) {
        throw error;
      }
    }
    return held.credentials;
  };
}

function credentialsOf(env: FetchSurroundings["env"]): AwsCredentials | undefined {
  const accessKeyId = env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = env.AWS_SECRET_ACCESS_KEY;
  const sessionToken = env.AWS_SESSION_TOKEN;
  if (!accessKeyId || !secretAccessKey) return undefined;
  return sessionToken ? { accessKeyId, secretAccessKey, sessionToken } : { accessKeyId, secretAccessKey };
}

/** The token must not leave the node, whatever the environment says. */
function endpointAt(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isNear = url !== undefined && (AGENTS.includes(url.hostname) || isLoopback(url.hostname));
  if (isNear && (url.protocol === "http:" || url.protocol === "https:")) return url;
  const got = url === undefined ? "no URL" : url.host;
  throw refused(`AWS_CONTAINER_CREDENTIALS_FULL_URI: got ${got}, want a loopback address or ${AGENTS[0]}`);
}

function isLoopback(hostname: string): boolean {
  return (isIP(hostname) === 4 && hostname.startsWith("127.")) || hostname === "[::1]";
}

const answer = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  Token: z.string().min(1),
  Expiration: z.iso.datetime({ offset: true }),
});

async function askEndpoint(url: URL, around: FetchSurroundings): Promise<Held> {
  const token = await readToken(around.env);
  const headers = token === undefined ? {} : { authorization: token };
  const response = await getOnce(url, headers, { around, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const { statusCode: status } = response;
  const body: unknown = await response.body.json().catch(() => undefined);
  if (status !== 200) {
    const isPassing = status >= 500 || status === 429 || status === 408;
    throw refused(`${url.host}: got status ${status}, want 200 with credentials`, isPassing);
  }
  const { data } = answer.safeParse(body);
  if (data === undefined) throw refused(`${url.host}: got no credentials, want a role's`);
  const endsMs = Date.parse(data.Expiration);
  if (endsMs <= around.now().getTime()) {
    throw refused(`${url.host}: got credentials that ended at ${data.Expiration}, want newer ones`, true);
  }
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken } = data;
  return { credentials: { accessKeyId, secretAccessKey, sessionToken }, endsMs };
}

/** Read each time: the kubelet writes a new one into the file long before the old one ends. */
async function readToken(env: FetchSurroundings["env"]): Promise<string | undefined> {
  const file = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  if (!file) return env.AWS_CONTAINER_AUTHORIZATION_TOKEN || undefined;
  const text = await readFile(file, "utf8").catch(() => undefined);
  const token = text?.trim();
  if (!token || /\s/.test(token)) {
    throw refused(`${file}: got ${text === undefined ? "no file" : "no token"}, want the pod's token`);
  }
  return token;
}

function refused(message: string, retryable = false): ArtefactError {
  return new ArtefactError("artefact.credentials", `credentials: ${message}`, retryable);
}
