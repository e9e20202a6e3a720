// Access to the Kubernetes API from inside a pod: the service account's token, read anew for each call.
import { readFileSync } from "node:fs";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

export type ApiAccess = {
  /** E.g. `https://10.96.0.1:443`. */
  readonly origin: string;
  readonly tokenFile: string;
  /** Certificate authority of the API server; left out for plain HTTP. */
  readonly caFile?: string;
};

/** An answer of the API server other than 200. */
export class ApiFault extends Error {
  readonly code = "kubernetes.status";
  readonly status: number;

  constructor(status: number, path: string) {
    super(`the API server answered ${status} to ${path}`);
    this.name = "ApiFault";
    this.status = status;
  }
}

export function inClusterAccess(env: NodeJS.ProcessEnv = process.env): ApiAccess {
  const host = env.KUBERNETES_SERVICE_HOST ?? "kubernetes.default.svc";
  const port = env.KUBERNETES_SERVICE_PORT ?? "443";
  const name = host.includes(":") ? `[${host}]` : host;
  return { origin: `https://${name}:${port}`, tokenFile: `${ACCOUNT}/token`, caFile: `${ACCOUNT}/ca.crt` };
}

/**
 * Opens a GET. Token and certificate are read on every call, because the kubelet renews them in place.
 * Rejects with ApiFault on another status than 200; `signal` ends the call and the body.
 */
export function openGet(access: ApiAccess, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const isTls = access.origin.startsWith("https:");
  const headers = {
    authorization: `Bearer ${readFileSync(access.tokenFile, "utf8").trim()}`,
    accept: "application/json",
  };
  const ca = isTls && access.caFile ? { ca: readFileSync(access.caFile) } : {};
  return new Promise((resolve, reject) => {
    const open = isTls ? requestHttps : requestHttp;
    const call = open(`${access.origin}${path}`, { headers, signal, agent: false, ...ca }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(new ApiFault(response.statusCode ?? 0, path.split("?")[0] ?? path));
    });
    call.once("socket", (socket) => socket.setKeepAlive(true, 15_000));
    call.once("error", reject);
    call.end();
  });
}
