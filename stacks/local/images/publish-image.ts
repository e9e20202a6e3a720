// Builds the runtime image for a registry and pushes it there, for stacks whose cluster is not on this machine.
import { type Progress, silent } from "../progress.ts";
import { pushImage } from "./push-image.ts";
import type { Registry } from "./registry-client.ts";
import { findLogin } from "./registry-login.ts";
import { buildRuntimeImage, type RuntimeImage } from "./runtime-image.ts";

export type PublishOptions = {
  /** Registry and path, e.g. `registry.example.com/ml/rampa`. */
  readonly repository: string;
  /** Left out in a preview, which only needs to know the digest. */
  readonly push: boolean;
  readonly progress?: Progress;
};

/** An image that the registry has already is not sent again. Throws ImageError. */
export async function publishRuntimeImage(options: PublishOptions): Promise<RuntimeImage> {
  const { repository, push, progress = silent } = options;
  const image = await buildRuntimeImage(repository, progress);
  if (!push) return image;
  progress.report(`pushing to ${repository}`);
  await pushImage(image, await toRegistry(repository), progress);
  return image;
}

/** The registry of a repository, with the login that `docker login` left for it. */
export async function toRegistry(repository: string): Promise<Registry> {
  const slash = repository.indexOf("/");
  const host = repository.slice(0, slash);
  const login = await findLogin(host);
  return { url: registryUrl(host), repository: repository.slice(slash + 1), ...login };
}

/** Registries on the loopback speak plain HTTP, as every container engine assumes; all others TLS. */
export function registryUrl(host: string): string {
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?$/.test(host);
  return `${isLoopback ? "http" : "https"}://${host}`;
}
