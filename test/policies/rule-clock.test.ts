// The clock of the pack reaches the rules that judge by the day.
import { expect, it } from "vitest";
import { toPolicies } from "../../policies/kit.ts";
import { eksVersionSupported } from "../../policies/rules/cluster/eks-version-supported.ts";

const cluster = {
  type: "aws:eks/cluster:Cluster",
  urn: "urn:pulumi:prod::rampa::aws:eks/cluster:Cluster::main",
  name: "main",
  props: { version: "1.34", upgradePolicy: { supportType: "STANDARD" } },
};

function judgeOn(day: string): readonly string[] {
  const [policy] = toPolicies([eksVersionSupported], { now: new Date(`${day}T23:59:59Z`) });
  const messages: string[] = [];
  const args = { ...cluster, getConfig: () => ({}), notApplicable: () => expect.fail("not judged") };
  const validate: unknown = policy === undefined ? undefined : Reflect.get(policy, "validateResource");
  if (typeof validate !== "function") expect.fail("the rule judges no resource");
  validate(args, (message: string) => messages.push(message));
  return messages;
}

it("judges an EKS version by the day on which the pack runs", () => {
  expect(judgeOn("2026-12-02")).toEqual([]);
  expect(judgeOn("2026-12-03")).toEqual([
    expect.stringContaining("version: standard support is over on 2026-12-03"),
  ]);
});
