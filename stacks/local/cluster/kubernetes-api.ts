// A small client of the API server: read by path, server-side apply of known kinds.
import { Agent, type RequestOptions, request } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { clusterError } from "./cluster-error.ts";

type ApiAnswer = { readonly status: number; readonly body: unknown };

export type KubernetesApi = {
  /** Status 0 means that the server could not be reached. */
  get(path: string): Promise<ApiAnswer>;
  apply(manifest: Manifest): Promise<void>;
};

export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
};

const DEADLINE_MS = 15_000;

/** Plural names of the kinds this area applies. */
const PLURALS: Readonly<Record<string, string>> = {
  ClusterRole: "clusterroles",
  ClusterRoleBinding: "clusterrolebindings",
  ConfigMap: "configmaps",
  CustomResourceDefinition: "customresourcedefinitions",
  Deployment: "deployments",
  Namespace: "namespaces",
  Pod: "pods",
  Service: "services",
  ServiceAccount: "serviceaccounts",
};

export async function connectApi(kubeconfig: string, context: string): Promise<KubernetesApi> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) {
    throw clusterError(
      "cluster.context-unknown",
      `the kubeconfig has no context "${context}"`,
      "kubectl config get-contexts lists those there are",
    );
  }
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return {
    get: (path) => ask(new URL(path, server), { ...options, method: "GET" }),
    apply: (manifest) => apply(server, options, manifest),
  };
}

async function apply(server: string, options: RequestOptions, manifest: Manifest): Promise<void> {
  const url = new URL(`${objectPath(manifest)}?fieldManager=rampa-cluster&force=true`, server);
  const headers = { ...options.headers, "content-type": "application/apply-patch+yaml" };
  const answer = await ask(url, { ...options, headers, method: "PATCH" }, JSON.stringify(manifest));
  if (answer.status === 200 || answer.status === 201) return;
  throw clusterError(
    "cluster.apply",
    `${manifest.kind} ${manifest.metadata.name} was refused with ${answer.status}: ${messageOf(answer.body)}`,
    "npm run rampa -- status shows the state of the API server",
  );
}

export function objectPath(manifest: Manifest): string {
  const { apiVersion, kind, metadata } = manifest;
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  const plural = PLURALS[kind];
  if (plural === undefined) throw new Error(`no plural known for kind ${kind}`);
  return `${root}${within}/${plural}/${metadata.name}`;
}

async function ask(url: URL, options: RequestOptions, body?: string): Promise<ApiAnswer> {
  try {
    return await send(url, options, body);
  } catch (error) {
    // No route, refused, cut off, or a certificate that is just being renewed: the caller decides on status 0.
    return { status: 0, body: error instanceof Error ? error.message : String(error) };
  }
}

function send(url: URL, options: RequestOptions, body?: string): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const agent = options.agent ?? new Agent({ keepAlive: false });
    const call = request(url, { ...options, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString()) }),
      );
      answer.on("error", reject);
    });
    call.setTimeout(DEADLINE_MS, () => call.destroy(new Error("no answer within 15 s")));
    call.on("error", reject);
    call.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // /readyz and friends answer in plain words.
    return text;
  }
}

function messageOf(body: unknown): string {
  if (typeof body === "string") return body;
  const message = typeof body === "object" && body !== null ? Reflect.get(body, "message") : undefined;
  return typeof message === "string" ? message : "no reason given";
}
