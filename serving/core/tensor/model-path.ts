// Paths of the Open Inference Protocol below /v2/models: which model, which version, and what is asked of it.

export type ModelPath = {
  readonly model: string;
  /** Left out where any version may answer. */
  readonly version: string | undefined;
  readonly action: "metadata" | "ready" | "infer";
};

const PATH = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|infer))?$/;
const NAME = /^[\x21-\x7e]{1,200}$/;

/** Undefined for a path of any other form, or a method that it does not have: infer is a POST, the others are GETs. */
export function parseModelPath(method: string, path: string): ModelPath | undefined {
  const [matched, model, version, action = "metadata"] = PATH.exec(path) ?? [];
  if (matched === undefined || model === undefined) return undefined;
  if ((action === "infer") !== (method === "POST")) return undefined;
  const names = [decodeName(model), version === undefined ? undefined : decodeName(version)];
  if (names[0] === undefined || (version !== undefined && names[1] === undefined)) return undefined;
  if (action !== "infer" && action !== "ready" && action !== "metadata") return undefined;
  return { model: names[0], version: names[1], action };
}

function decodeName(text: string): string | undefined {
  try {
    const name = decodeURIComponent(text);
    return NAME.test(name) ? name : undefined;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
