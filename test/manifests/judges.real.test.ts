// Every rendered manifest, judged by checkov and kube-score; what is kept all the same stands in exceptions.yaml.
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { useTool } from "../kit/obtained-tool.ts";
import { STACKS } from "../kit/plan-stack.ts";
import { type Finding, readExceptions, settle } from "./exceptions.ts";
import { JUDGES } from "./judges.ts";
import { type Rendered, renderAll } from "./rendered.ts";

/** A pod that anybody would refuse. */
const CARELESS = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "careless", namespace: "rampa" },
  spec: { containers: [{ name: "any", image: "any:latest", securityContext: { privileged: true } }] },
};

let rendered: readonly Rendered[];

beforeAll(async () => {
  rendered = await renderAll();
});

describe.each(["checkov", "kube-score"] as const)("%s", (name) => {
  const judge = useTool(JUDGES[name]);

  it("finds nothing in any stack but what is excepted with a reason, and every exception is needed", async () => {
    const findings: Finding[] = [];
    for (const stack of STACKS) {
      findings.push(...(await judge()(rendered.filter(({ path }) => path.startsWith(`${stack}/`)))));
    }
    const exceptions = readExceptions().filter((it) => it.judge === name);
    expect(settle(findings, exceptions)).toEqual({ unexcused: [], unused: [] });
  });

  it("finds fault with a careless pod", async () => {
    const path = "local/rampa/pod-careless.yaml";
    const findings = await judge()([{ path, text: stringify(CARELESS), object: CARELESS }]);
    expect(findings.length).toBeGreaterThan(5);
    expect(new Set(findings.map((it) => it.path))).toEqual(new Set([path]));
  });
});
