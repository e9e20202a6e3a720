// The restricted Pod Security Standard by Kubernetes' own code: over every rendered pod, and as oracle of our rule.
import { beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../policies/rule.ts";
import { podRestricted } from "../../policies/rules/pods/pod-restricted.ts";
import { Value } from "../../policies/value.ts";
import { useTool } from "../kit/obtained-tool.ts";
import { STACKS } from "../kit/plan-stack.ts";
import { ensurePodJudge, type Pod, podsOf, readPodFixtures } from "./pod-security/pod-security.ts";
import { type Rendered, renderAll } from "./rendered.ts";

const tools = useTool(async () => ({ judge: await ensurePodJudge(), fixtures: await readPodFixtures() }));

describe("rendered pods", () => {
  let rendered: readonly Rendered[];

  beforeAll(async () => {
    rendered = await renderAll();
  });

  it.each(STACKS)("of stack %s are restricted", async (stack) => {
    const pods = rendered
      .filter(({ path }) => path.startsWith(`${stack}/`))
      .flatMap(({ object }) => podsOf(object));
    expect(pods.length).toBeGreaterThanOrEqual(3);
    const verdicts = await tools().judge(pods);
    expect(verdicts).toEqual(pods.map(() => ({ allowed: true, reasons: [] })));
  });

  it("are refused once one container may become root", async () => {
    const [pod] = rendered.flatMap(({ object }) => podsOf(object));
    if (pod === undefined) throw new Error("no pod was rendered");
    const rooted: Pod = { ...pod, spec: { ...pod.spec, securityContext: { runAsUser: 0 } } };
    const [verdict] = await tools().judge([rooted]);
    expect(verdict?.allowed).toBe(false);
    expect(verdict?.reasons.join("\n")).toContain("runAsNonRoot != true");
  });
});

/** Where our rule is stricter, and why. */
const STRICTER: Readonly<Record<string, string>> = {
  "restricted/pass/base_windows":
    "Pod Security lets pods that say `os: windows` off; a pod that says so by mistake would be judged by nobody, and the platform has no Windows nodes.",
};

describe("the rule pod-restricted", () => {
  it("says of every fixture of Pod Security what Pod Security says", async () => {
    const { fixtures, judge } = tools();
    expect(fixtures.length).toBeGreaterThan(120);
    const oracle = (await judge(fixtures.map(({ pod }) => pod))).map(({ allowed }) => allowed);
    const ours = fixtures.map(({ pod }) => findingsOn(pod).length === 0);
    const differing = fixtures.filter((_, index) => ours[index] !== oracle[index]);
    expect(differing.map(({ name }) => name).toSorted()).toEqual(Object.keys(STRICTER).toSorted());
  });

  it("is measured by an oracle that agrees with its own fixtures", async () => {
    const { fixtures, judge } = tools();
    const restricted = fixtures.filter(({ name }) => name.startsWith("restricted/"));
    const verdicts = await judge(restricted.map(({ pod }) => pod));
    expect(verdicts.map(({ allowed }) => allowed)).toEqual(restricted.map(({ allowed }) => allowed));
    expect(new Set(verdicts.map(({ allowed }) => allowed))).toEqual(new Set([true, false]));
  });
});

function findingsOn(pod: Pod): readonly Finding[] {
  const type = "kubernetes:core/v1:Pod";
  const props = new Value("", pod);
  const subject = { type, urn: `urn:pulumi:prod::rampa::${type}::pod`, name: "pod", props };
  return (
    podRestricted.check?.(subject, { environment: "prod", config: new Value("", {}), now: new Date(0) }) ?? []
  );
}
