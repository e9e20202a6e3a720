// The log of a pod's containers from the API server: no kubectl has to be installed.
import type { IncomingMessage } from "node:http";
import { get, type RequestOptions } from "node:https";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import { parseJson } from "../local/parse-json.ts";
import type { LogSource, TailOptions } from "./log-sources.ts";

type PodSource = Extract<LogSource, { kind: "pod" }>;

export type ContainerLog =
  | { readonly kind: "log"; readonly text: Readable }
  /** E.g. a container that waits for another one to end. */
  | { readonly kind: "none"; readonly reason: string };

const statusBody = z.object({ message: z.string() });

/** Rejects where the API server cannot be reached. */
export async function openContainerLog(
  source: PodSource,
  container: string,
  { follow, lines }: TailOptions,
): Promise<ContainerLog> {
  const config = new KubeConfig();
  config.loadFromFile(source.kubeconfig);
  config.setCurrentContext(source.context);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const path = `/api/v1/namespaces/${source.namespace}/pods/${source.name}/log`;
  const query = new URLSearchParams({ container, follow: String(follow), tailLines: String(lines) });
  const url = new URL(`${path}?${query}`, config.getCurrentCluster()?.server);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, options, resolve).once("error", reject);
  });
  if (answer.statusCode === 200) return { kind: "log", text: answer };
  const { data } = statusBody.safeParse(parseJson(await text(answer)));
  return { kind: "none", reason: data?.message ?? `status ${answer.statusCode}` };
}
