// A small client of the OCI distribution API: token or basic auth, deadlines, errors without secrets.
import { z } from "zod";
import { ImageError } from "./image-error.ts";

export type Registry = {
  /** Scheme, host and port, e.g. `https://registry.example.com`. */
  readonly url: string;
  readonly repository: string;
  readonly username?: string;
  readonly password?: string;
};

export type RegistryRequest = {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH";
  /** Below `/v2/<repository>/`, or an absolute address the registry itself gave as `Location`. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Blob | string;
  /** Statuses that are an answer; any other one throws `image.registry`. */
  readonly expect: readonly number[];
};

export type RegistryClient = {
  readonly registry: Registry;
  send(request: RegistryRequest): Promise<Response>;
};

const DEADLINE_MS = 120_000;
const tokenAnswer = z.union([
  z.object({ token: z.string() }).transform(({ token }) => token),
  z.object({ access_token: z.string() }).transform((answer) => answer.access_token),
]);

export function createRegistryClient(registry: Registry): RegistryClient {
  const origin = new URL(registry.url).origin;
  let authorization: string | undefined;
  return {
    registry,
    async send(request) {
      const address = new URL(request.target, `${origin}/v2/${registry.repository}/`);
      // Storage behind a registry signs its own addresses; the registry's credentials are none of its business.
      const own = address.origin === origin;
      let response = await attempt(address, request, own ? authorization : undefined);
      if (response.status === 401 && own) {
        authorization = await authorize(registry, response.headers.get("www-authenticate") ?? "");
        await response.body?.cancel();
        response = await attempt(address, request, authorization);
      }
      if (!request.expect.includes(response.status)) throw await refused(registry, request, response);
      return response;
    },
  };
}

async function attempt(
  address: URL,
  { method, headers, body }: RegistryRequest,
  authorization: string | undefined,
): Promise<Response> {
  try {
    return await fetch(address, {
      method,
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : "no answer";
    throw new ImageError("image.registry", `${address.origin} does not answer: ${reason}`, { cause: error });
  }
}

/** Answers a `WWW-Authenticate` challenge: basic credentials, or a bearer token for this repository. */
async function authorize(registry: Registry, challenge: string): Promise<string> {
  const { username, password } = registry;
  const basic =
    username === undefined || password === undefined
      ? undefined
      : `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  if (/^basic/i.test(challenge)) {
    if (basic !== undefined) return basic;
    throw new ImageError("image.registry", `${registry.url} wants a user name and a password`);
  }
  const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
  const realm = field("realm");
  if (!/^bearer/i.test(challenge) || realm === undefined) {
    throw new ImageError("image.registry", `${registry.url} asks for a kind of login that is not supported`);
  }
  const address = new URL(realm);
  const service = field("service");
  if (service !== undefined) address.searchParams.set("service", service);
  address.searchParams.set("scope", field("scope") ?? `repository:${registry.repository}:pull,push`);
  const request = { method: "GET", target: realm, expect: [200] } as const;
  const response = await attempt(address, request, basic);
  if (response.status !== 200) throw await refused(registry, request, response);
  return `Bearer ${tokenAnswer.parse(await response.json())}`;
}

async function refused(
  registry: Registry,
  request: RegistryRequest,
  response: Response,
): Promise<ImageError> {
  const text = (await response.text()).slice(0, 300);
  const place = request.target.split("?")[0];
  return new ImageError(
    "image.registry",
    `${registry.url} answered ${response.status} to ${request.method} ${registry.repository} ${place}: ${text}`,
  );
}
