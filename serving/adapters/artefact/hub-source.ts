// hf: a file of a Hugging Face repository at a revision.
import type { ArtefactSource, FetchSurroundings } from "./artefact-source.ts";
import { httpSource } from "./http-source.ts";
import { encode } from "./sigv4.ts";

export type HubFile = { readonly repository: string; readonly revision: string; readonly file: string };

/** HF_ENDPOINT names a mirror; HF_TOKEN is sent to the hub only, not to where it redirects. */
export function hubSource(hub: HubFile, around: FetchSurroundings): ArtefactSource {
  const endpoint = (around.env.HF_ENDPOINT ?? "https://huggingface.co").replace(/\/+$/, "");
  const file = hub.file.split("/").map(encode).join("/");
  const url = new URL(`${endpoint}/${hub.repository}/resolve/${encode(hub.revision)}/${file}`);
  const token = around.env.HF_TOKEN;
  const authorization = token ? { authorization: `Bearer ${token}` } : {};
  return httpSource({ url, headers: (_to, range) => ({ ...range, ...authorization }) }, around);
}
