// Every rendered manifest of every stack, judged by kubeconform: no unknown, missing or mistyped field.
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { useTool } from "../kit/obtained-tool.ts";
import { STACKS } from "../kit/plan-stack.ts";
import { ensureKubeconform, judgeManifests, type Verdicts } from "./kubeconform.ts";
import { type Manifest, type Rendered, renderAll } from "./rendered.ts";
import { JUDGED_ELSEWHERE } from "./schemas/definition-sources.ts";

const program = useTool(ensureKubeconform);
let judged: readonly Rendered[];

beforeAll(async () => {
  const isJudged = ({ object }: Rendered) => !(String(object.apiVersion.split("/")[0]) in JUDGED_ELSEWHERE);
  judged = (await renderAll()).filter(isJudged);
});

describe("kubeconform", () => {
  it("finds every rendered manifest valid", async () => {
    const verdicts = await judgeManifests(program(), judged);
    expect(verdicts).toEqual(Object.fromEntries(judged.map(({ path }) => [path, "valid"])));
    for (const stack of STACKS) {
      expect(judged.filter(({ path }) => path.startsWith(`${stack}/`)).length).toBeGreaterThan(25);
    }
  });

  it.each<[string, string, (object: Manifest) => object, RegExp]>([
    ["a misspelt field", "Deployment", (it) => ({ ...it, spec: { ...specOf(it), replica: 2 } }), /'replica'/],
    [
      "a text for a number",
      "Deployment",
      (it) => ({ ...it, spec: { ...specOf(it), replicas: "2" } }),
      /replicas.*want integer/s,
    ],
    [
      "a missing field",
      "Deployment",
      (it) => ({ ...it, spec: { ...specOf(it), selector: undefined } }),
      /'selector'/,
    ],
    [
      "an unknown field of a custom resource",
      "HTTPRoute",
      (it) => ({ ...it, spec: { ...specOf(it), hostname: "a" } }),
      /'hostname'/,
    ],
    [
      "an unknown field in the metadata of a custom resource",
      "HTTPRoute",
      (it) => ({ ...it, metadata: { ...it.metadata, label: {} } }),
      /'label'/,
    ],
    ["a kind of another version", "Deployment", (it) => ({ ...it, apiVersion: "apps/v1beta9" }), /schema/],
  ])("refuses %s", async (_, kind, change, message) => {
    const verdicts = await judgeChanged(kind, change);
    expect(Object.values(verdicts)).toEqual([expect.stringMatching(message)]);
  });

  it("refuses a key that is there twice", async () => {
    const [first] = judged.filter(({ object }) => object.kind === "Deployment");
    if (first === undefined) throw new Error("no Deployment");
    const verdicts = await judgeManifests(program(), [{ ...first, text: `${first.text}kind: Deployment\n` }]);
    expect(Object.values(verdicts)).toEqual([expect.stringMatching(/already set|duplicate/)]);
  });
});

async function judgeChanged(kind: string, change: (object: Manifest) => object): Promise<Verdicts> {
  const found = judged.find(({ object }) => object.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} is rendered`);
  return await judgeManifests(program(), [{ ...found, text: stringify(change(found.object)) }]);
}

function specOf({ spec }: Manifest): object {
  return typeof spec === "object" && spec !== null ? spec : {};
}
